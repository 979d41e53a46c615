import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { HealthNode } from '../../src/port/health-report.ts';
import { ADDRESSES, NAMES } from './addresses.ts';
import { Box } from './box.ts';
import { PC1_ADDRESS, boxConfig } from './box-config.ts';
import { Office } from './office.ts';
import { waitFor } from './wait-for.ts';

let office: Office;
let box: Box;

before(async () => {
  office = await Office.create();
  box = await Box.start(office.box);
  await box.online();
  office.pc1.start();
  await office.pc1.lease();
});

after(() => office.remove());

function reasons(node: HealthNode): string[] {
  return [`${node.state} ${node.reason}`, ...node.children.flatMap(reasons)];
}

/** Waits until `gatepost health` says so. */
async function healthSays(pattern: RegExp): Promise<void> {
  await waitFor(`${pattern} in the health`, async () =>
    reasons((await box.health()).tree).some((reason) => pattern.test(reason)),
  );
}

async function unplug(device: string): Promise<void> {
  await office.box.ip('link', 'del', 'dev', device);
}

/** A new device at the modem's cable; the kernel gives it a new number. */
async function plugWan(device: string): Promise<void> {
  const { isp } = office.hosts;
  const end = { namespace: office.box, device, mac: ADDRESSES.boxWanMac };
  await office.lab.cable({ namespace: isp, device: 'wan' }, end);
  await isp.ip('addr', 'add', `${ADDRESSES.isp}/24`, 'dev', 'wan');
}

async function plugLan(device: string): Promise<void> {
  const ethernet = office.hosts.switch;
  const end = { namespace: office.box, device, mac: ADDRESSES.boxLanMac };
  await office.lab.cable({ namespace: ethernet, device: 'box' }, end);
  await ethernet.ip('link', 'set', 'dev', 'box', 'master', 'br0');
}

/** What the office sees of a box that works: a new lease, a name, the page, the world behind NAT. */
async function assertWorks(): Promise<void> {
  const { pc1, pc2 } = office;
  assert.equal((await pc2.replug()).server, ADDRESSES.boxLan);
  await waitFor('the way out', async () => {
    const argv = ['curl', '-sS', '--fail', '-m', '2', `http://${NAMES.elsewhereWeb}/address`];
    return (await pc1.namespace.run(argv)).stdout.trim() === ADDRESSES.boxWan;
  });
  const page = `http://${ADDRESSES.boxLan}:8080/`;
  await pc1.namespace.output(['curl', '-sS', '--fail', '-m', '10', '-o', '/dev/null', page]);
  const health = await waitFor('a healthy box', async () => {
    const report = await box.health();
    return report.ok && report;
  });
  assert.equal(health.firstError, null);
  assert.doesNotMatch(reasons(health.tree).join('\n'), /Not there|no device/);
}

test('the WAN device goes and comes back under another number: the box waits, says so, and works again', async () => {
  const from = office.isp.dnsmasq.log.end();
  await unplug('wan0');
  await healthSays(/^failed There is no device wan0/);
  assert.equal((await box.status()).wan.link, 'missing');
  await plugWan('wan0');
  await office.isp.dnsmasq.log.line(/DHCPACK\(wan\)/, { from });
  await assertWorks();
});

test('the LAN device goes and comes back under another number: the box waits, says so, and works again', async () => {
  await unplug('lan0');
  await healthSays(/^failed There is no device lan0/);
  await plugLan('lan0');
  await assertWorks();
});

test('a blocked device that had an address before is not taken for the one that has the lease of it now', async () => {
  const gone = '02:67:70:00:0a:99';
  const { address } = await office.pc1.lease();
  // The kernel remembers the neighbours of a small LAN for good, until somebody else speaks.
  await office.box.ip('neigh', 'replace', address, 'lladdr', gone, 'dev', 'lan0', 'nud', 'stale');
  for (const verb of ['block', 'unblock']) {
    const { status, stderr } = await box.cli(['firewall', verb, gone]);
    assert.equal(status, 0, stderr);
    await assertWorks();
  }
});

test('devices named by their MAC address are found under whatever name they come back', async () => {
  const file = box.namespace.file('config.json');
  box.configure(
    boxConfig({
      wan: { device: `mac:${ADDRESSES.boxWanMac}`, ipv4: { method: 'dhcp' } },
      lan: { devices: [`mac:${ADDRESSES.boxLanMac.toUpperCase()}`], address: ADDRESSES.boxLanPrefix },
    }),
  );
  const { status, stderr } = await box.cli(['config', 'apply', file]);
  assert.equal(status, 0, stderr);
  await assertWorks();

  await unplug('wan0');
  await healthSays(/^failed There is no device/);
  await plugWan('modem');
  await assertWorks();
  assert.match(await office.box.ip('addr', 'show', 'dev', 'modem'), new RegExp(`inet ${ADDRESSES.boxWan}/`));

  await unplug('lan0');
  await healthSays(/^failed There is no device/);
  await plugLan('office');
  await assertWorks();
  assert.match(
    await office.box.ip('addr', 'show', 'dev', 'office'),
    new RegExp(`inet ${ADDRESSES.boxLanPrefix} `),
  );
  await office.box.output(['ping', '-c', '1', '-W', '10', PC1_ADDRESS]);

  // Most come back under the name they had.
  await unplug('office');
  await healthSays(/^failed There is no device/);
  await plugLan('office');
  await assertWorks();
});

test('a restart finds the devices named by their MAC address', async () => {
  await box.stop();
  await box.start();
  await box.online();
  await assertWorks();
});
