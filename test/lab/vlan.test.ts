import assert from 'node:assert/strict';
import { join } from 'node:path';
import process from 'node:process';
import { after, before, test } from 'node:test';
import { ADDRESSES } from './addresses.ts';
import { Box } from './box.ts';
import { type ConfigFile, PC1_ADDRESS, boxConfig } from './box-config.ts';
import { Caller } from './firewall-site.ts';
import { lackOfVlans } from './kernel-abilities.ts';
import { Office } from './office.ts';
import type { Program } from './program.ts';
import { waitFor } from './wait-for.ts';

// A provider who wants a tag: on the line to the box there is nothing but the VLAN.

const skip = lackOfVlans();
const PEER = join(import.meta.dirname, 'line-peer.ts');
const PORT = 7000;
const TAG = 7;
const OTHER_TAG = 4094;
const CLONED = '02:67:70:00:0a:0a';
const WAN = { device: 'wan0', vlan: TAG, ipv4: { method: 'dhcp' } } as const;

let office: Office;
let box: Box;
let wire: Program;
let calls = 0;

before(async () => {
  if (skip !== false) return;
  office = await Office.create({ tag: TAG });
  wire = office.hosts.isp.start('wire', ['tcpdump', '-i', 'line', '-l', '-n', '-e']);
  await wire.line(/listening on/);
  box = await Box.start(office.box, boxConfig({ wan: WAN }));
  await box.online();
  office.pc1.start();
  await office.pc1.lease();
  for (const host of [office.hosts.world, office.hosts.pc1])
    await host.start('serve', [process.execPath, PEER, 'serve', String(PORT)]).line(/ready/);
});

after(() => office?.remove());

async function apply(parts: Partial<ConfigFile>): Promise<void> {
  await box.apply(boxConfig(parts));
}

function call(): Caller {
  const { pc1 } = office.hosts;
  const name = `call-${++calls}`;
  const argv = [process.execPath, PEER, 'call', ADDRESSES.world, String(PORT), pc1.file(`${name}.lines`)];
  return new Caller(pc1.start(name, argv), pc1.file(`${name}.lines`));
}

async function outcome(): Promise<string> {
  const caller = call();
  const heard = await caller.outcome();
  await caller.hangUp();
  return heard;
}

/** What `ip -d` says of a device of the box; empty if there is none. */
async function shown(device: string): Promise<string> {
  return (await office.box.run(['ip', '-d', 'link', 'show', device])).stdout;
}

async function indexOf(device: string): Promise<string | undefined> {
  return /^\d+/.exec(await shown(device))?.[0];
}

function holds(device: string, address: string): Promise<true> {
  return waitFor(`${address} on ${device}`, async () =>
    (await office.box.run(['ip', '-4', 'addr', 'show', device])).stdout.includes(`inet ${address}/24`),
  ).then(() => true);
}

/** The frames between the box and the line that carry what matches, as tcpdump has seen them. */
function frames(pattern: RegExp): string[] {
  return wire.log
    .lines()
    .filter((line) => line.includes(ADDRESSES.boxWanMac) || line.includes(CLONED))
    .filter((line) => pattern.test(line));
}

test('the WAN has its lease, address and route on a device with the tag', { skip }, async () => {
  assert.match(await shown('wan0.7'), /wan0\.7@wan0: .*UP.*vlan protocol 802\.1Q id 7 /s);
  assert.ok(await holds('wan0.7', ADDRESSES.boxWan));
  assert.doesNotMatch(await office.box.ip('-4', 'addr', 'show', 'wan0'), /inet /);
  assert.match(await office.box.ip('route'), /^default via 203\.0\.113\.1 dev wan0\.7 /m);
  assert.equal((await box.status()).wan.device, 'wan0.7');
});

test('everything the provider sees is tagged, from the first question for an address', { skip }, async () => {
  const dhcp = frames(/BOOTP\/DHCP, Request/);
  assert.ok(dhcp.length >= 2);
  assert.deepEqual(
    dhcp.filter((line) => !line.includes('802.1Q (0x8100)') || !/ vlan 7,/.test(line)),
    [],
  );
  assert.deepEqual(
    frames(/ethertype IPv4/).filter((line) => !/ vlan 7,/.test(line)),
    [],
  );
});

test('the LAN goes out by NAT, and a forward leads in, through the VLAN', { skip }, async () => {
  assert.equal(await outcome(), `hello ${ADDRESSES.boxWan}`);
  const forward = { name: 'lines', protocol: 'tcp', port: '7100', to: PC1_ADDRESS, toPort: PORT } as const;
  await apply({ wan: WAN, firewall: { forwards: [forward] } });
  const { world } = office.hosts;
  const file = world.file('in.lines');
  const caller = new Caller(
    world.start('in', [process.execPath, PEER, 'call', ADDRESSES.boxWan, '7100', file]),
    file,
  );
  assert.equal(await caller.outcome(), `hello ${ADDRESSES.world}`);
  await caller.hangUp();
  await apply({ wan: WAN });
});

test(
  'a MAC address and an MTU of the owner are those of the VLAN device, and go with the setting',
  { skip },
  async () => {
    await apply({ wan: { ...WAN, mac: CLONED, mtu: 1400 } });
    await waitFor('frames with the cloned address', () =>
      frames(/BOOTP\/DHCP, Request/).some((line) => line.includes(`${CLONED} > `)),
    );
    await box.online();
    for (const device of ['wan0', 'wan0.7']) {
      assert.match(await shown(device), new RegExp(`mtu 1400 .*link/ether ${CLONED} `, 's'));
    }
    assert.match(await outcome(), /^hello 203\.0\.113\./);
    const tooLong = ['ping', '-c', '1', '-W', '5', '-M', 'do', '-s', '1400', ADDRESSES.world];
    assert.match((await office.hosts.pc1.run(tooLong)).stdout, /mtu = 1400/);
    await apply({ wan: { ...WAN, mtu: 1500 } });
    await holds('wan0.7', ADDRESSES.boxWan);
    for (const device of ['wan0', 'wan0.7']) {
      assert.match(await shown(device), new RegExp(`mtu 1500 .*link/ether ${ADDRESSES.boxWanMac} `, 's'));
    }
  },
);

test(
  'a start finds the device of the run before and keeps it, its address and open connections',
  { skip },
  async () => {
    const caller = call();
    await caller.outcome();
    const index = await indexOf('wan0.7');
    const deletions = office.box.start('monitor', ['ip', 'monitor', 'link', 'address']);
    for (const end of ['stop', 'crash'] as const) {
      await box[end]();
      await caller.echo(`after ${end}`);
      await box.start();
      await box.online();
    }
    await caller.echo('after two starts');
    assert.equal(await indexOf('wan0.7'), index);
    assert.doesNotMatch(deletions.log.text(), /Deleted.*wan0/);
    await deletions.stop();
    await caller.hangUp();
  },
);

test(
  'another tag in the running box: a new device, a new lease, and nothing left of the old one',
  { skip },
  async () => {
    await office.provide(OTHER_TAG);
    await apply({ wan: { ...WAN, vlan: OTHER_TAG } });
    await holds('wan0.4094', ADDRESSES.boxWan);
    assert.equal(await shown('wan0.7'), '');
    await waitFor('the way out', async () => (await outcome()) === `hello ${ADDRESSES.boxWan}`);
    assert.match(await shown('wan0.4094'), /vlan protocol 802\.1Q id 4094 /);
  },
);

test(
  'a VLAN device that somebody deletes, or a port that vanishes and comes back, is put right',
  { skip },
  async () => {
    await office.box.ip('link', 'delete', 'wan0.4094');
    await holds('wan0.4094', ADDRESSES.boxWan);
    await waitFor('the way out', async () => (await outcome()) === `hello ${ADDRESSES.boxWan}`);
    const { isp } = office.hosts;
    await office.box.ip('link', 'delete', 'wan0');
    await waitFor('the loss of the device', async () => (await shown('wan0.4094')) === '');
    await office.lab.cable(
      { namespace: isp, device: 'line' },
      { namespace: office.box, device: 'wan0', mac: ADDRESSES.boxWanMac },
    );
    await office.provide(OTHER_TAG);
    await holds('wan0.4094', ADDRESSES.boxWan);
    await waitFor('the way out', async () => (await outcome()) === `hello ${ADDRESSES.boxWan}`);
  },
);

test('without a WAN, and without a tag, the VLAN device is gone', { skip }, async () => {
  await apply({
    wan: { ...WAN, vlan: OTHER_TAG },
    mode: 'lan-only',
    lan: { devices: ['lan0'], address: ADDRESSES.boxLanPrefix },
  });
  assert.doesNotMatch(await office.box.ip('-4', 'addr'), /203\.0\.113\./);
  assert.match(await shown('wan0'), /state DOWN/);
  await apply({ wan: { ...WAN, vlan: OTHER_TAG } });
  await holds('wan0.4094', ADDRESSES.boxWan);
  await apply({ wan: { device: 'wan0' } });
  assert.equal(await shown('wan0.4094'), '');
  await apply({ wan: { ...WAN, vlan: OTHER_TAG } });
  await holds('wan0.4094', ADDRESSES.boxWan);
  await apply({
    wan: { device: 'wan0', ipv4: { method: 'static', address: '203.0.113.50/24', gateway: ADDRESSES.isp } },
  });
  assert.equal(await shown('wan0.4094'), '');
  assert.ok(await holds('wan0', ADDRESSES.boxWan));
});

test('a teardown leaves neither the VLAN device nor the MAC address of the owner', { skip }, async () => {
  await office.provide(TAG);
  await box.stop();
  box.configure(boxConfig({ wan: { ...WAN, mac: CLONED } }));
  box.options = ['--teardown'];
  await box.start();
  await box.online();
  assert.match(await shown('wan0'), new RegExp(CLONED));
  await box.stop();
  assert.equal(await shown('wan0.7'), '');
  assert.match(await shown('wan0'), new RegExp(ADDRESSES.boxWanMac));
});
