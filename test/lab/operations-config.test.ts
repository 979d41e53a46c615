import assert from 'node:assert/strict';
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { ConfigChange } from '../../src/port/config-history.ts';
import { ADDRESSES, NAMES } from './addresses.ts';
import type { Box } from './box.ts';
import { type ConfigFile, PC1_ADDRESS, boxConfig } from './box-config.ts';
import { KernelWatch } from './kernel-watch.ts';
import { LongDownload } from './long-download.ts';
import type { Office } from './office.ts';
import { Pc } from './pc.ts';
import type { CommandResult } from './run-command.ts';
import { startOffice } from './running-office.ts';
import { waitFor } from './wait-for.ts';

const NEW_PORT = 8090;
const INSIDE_PORT = 8091;
// A download that outlasts an apply, and is checked to have done so.
const RATE = 2_000_000;
const SIZE = 10_000_000;

let office: Office;
let box: Box;

before(async () => {
  ({ office, box } = await startOffice());
  const server = ['/usr/bin/python3', '-u', '-m', 'http.server', String(INSIDE_PORT)];
  await office.pc1.namespace.start('http', server).line(/Serving HTTP/);
});

after(() => office.remove());

async function apply(config: ConfigFile | Readonly<Record<string, unknown>>): Promise<CommandResult> {
  const file = box.namespace.file('new.json');
  writeFileSync(file, JSON.stringify(config));
  return await box.cli(['config', 'apply', file]);
}

async function applied(config: ConfigFile): Promise<string> {
  const { status, stdout, stderr } = await apply(config);
  assert.equal(status, 0, stderr);
  return stdout;
}

function history(): string[] {
  return readdirSync(join(box.dataPath, 'config/history'));
}

/** The address under which the Internet sees pc1. */
async function seenFromOutside(): Promise<string> {
  const argv = ['curl', '-sS', '--fail', '-m', '10', `http://${ADDRESSES.world}/address`];
  return (await office.pc1.namespace.output(argv)).trim();
}

test('config apply: a wrong configuration is refused with every error, and nothing changes', async () => {
  const watch = await KernelWatch.start(office.box);
  const shown = await box.json('config', 'show');
  const result = await apply({
    ...boxConfig(),
    mode: 'bridge',
    lan: { devices: [], address: '192.168.99.1' },
    users: [{ name: 'alice', password: 'in-the-clear' }],
  });
  assert.equal(result.status, 1);
  for (const path of ['mode', 'lan.devices', 'lan.address', 'users[0].password'])
    assert.ok(result.stderr.includes(`${path}: found `), `${path} is told in\n${result.stderr}`);
  assert.doesNotMatch(result.stderr, /in-the-clear/);
  assert.deepEqual(await watch.changes(), []);
  assert.deepEqual(await box.json('config', 'show'), shown);
  assert.throws(history, /ENOENT/);
});

test('config apply: the same configuration says "nothing to change" and writes nothing', async () => {
  const before = readFileSync(box.configPath, 'utf8');
  assert.equal(await applied(boxConfig()), 'nothing to change\n');
  assert.equal(await applied(boxConfig()), 'nothing to change\n');
  assert.equal(readFileSync(box.configPath, 'utf8'), before);
  assert.throws(history, /ENOENT/);
});

test('config apply: what config show printed, secrets hidden, is the same configuration', async () => {
  const shown = (await box.cli(['config', 'show'])).stdout;
  assert.doesNotMatch(shown, /scrypt/);
  assert.equal(await applied(JSON.parse(shown) as ConfigFile), 'nothing to change\n');
});

test('config apply: a port forward is added while a connection goes on, and a restart keeps it', async () => {
  const { world } = office.hosts;
  const download = new LongDownload(office, RATE, SIZE);
  await waitFor('the connection of the download', async () =>
    (await office.box.output(['conntrack', '-L', '-p', 'tcp', '--dport', '80'])).includes('ESTABLISHED'),
  );

  const { firewall, ...rest } = boxConfig();
  const forward = {
    name: 'more',
    protocol: 'tcp',
    port: String(NEW_PORT),
    to: PC1_ADDRESS,
    toPort: INSIDE_PORT,
  } as const;
  const config = { ...rest, firewall: { ...firewall, forwards: [...(firewall?.forwards ?? []), forward] } };
  assert.match(await applied(config), /^firewall changed$/m);
  const knock = [
    'curl',
    '-sS',
    '--fail',
    '-m',
    '10',
    '-o',
    '/dev/null',
    `http://${ADDRESSES.boxWan}:${NEW_PORT}/`,
  ];
  await world.output(knock);
  download.assertGoesOn();
  await download.assertWhole();

  const { stdout } = await box.cli(['config', 'show']);
  assert.match(stdout, /"name": "more"/);
  assert.deepEqual(history(), ['0001.json']);
  const entry = readFileSync(join(box.dataPath, 'config/history/0001.json'), 'utf8');
  assert.doesNotMatch(entry, /"more"/, 'the history holds what was before');

  assert.deepEqual(await box.stop(), { code: 0, signal: null });
  await box.start();
  await box.online();
  await world.output(knock);
});

test('config apply: dns.forward false answers unknown names at once, authoritatively, as non-existent', async () => {
  const ask = ['dig', '+tries=1', '+timeout=2', NAMES.elsewhereWeb];
  await applied(boxConfig({ dns: { forward: false, upstreams: [`udp://${ADDRESSES.isp}`] } }));
  const alone = await office.pc1.namespace.output(ask);
  assert.match(alone, /status: NXDOMAIN/);
  assert.match(alone, /flags: [^;]*\baa\b/);
  await applied(boxConfig());
  assert.match(await office.pc1.namespace.output(ask), new RegExp(`IN\\s+A\\s+${ADDRESSES.world}`));
});

test('config apply: what is stored and cannot work now is told at once, and the rest works', async () => {
  const port = 9090;
  const listen = ['/usr/bin/python3', '-u', '-m', 'http.server', String(port)];
  const stranger = office.box.start('stranger', listen);
  await stranger.line(/Serving HTTP/);
  const web = await applied(boxConfig({ web: { http: port } }));
  assert.match(web, new RegExp(`^warning: web: Cannot listen on .* port ${port}: .*EADDRINUSE`, 'm'));
  await stranger.stop();
  assert.doesNotMatch(await applied(boxConfig()), /warning/);
  await waitFor('a healthy box', async () => (await box.health()).ok);
  assert.equal(await seenFromOutside(), ADDRESSES.boxWan);
});

test('config apply: what the kernel cannot have is refused, and the configuration before is in force', async () => {
  await office.box.ip('link', 'add', 'br-lan', 'type', 'veth', 'peer', 'name', 'lan8');
  const shown = await box.json('config', 'show');
  const result = await apply(
    boxConfig({ lan: { devices: ['lan0', 'lan8'], address: ADDRESSES.boxLanPrefix } }),
  );
  assert.equal(result.status, 1);
  assert.match(result.stderr, /^Cannot put the LAN devices together: a device named br-lan exists[^\n]*\n$/);
  await office.box.ip('link', 'del', 'dev', 'br-lan');
  assert.deepEqual(await box.json('config', 'show'), shown);
  assert.equal(await seenFromOutside(), ADDRESSES.boxWan);
});

test('config apply: the WAN goes from DHCP to a static address and back', async () => {
  const ipv4 = { method: 'static', address: '203.0.113.9/24', gateway: ADDRESSES.isp } as const;
  const from = office.isp.dnsmasq.log.end();
  await applied(boxConfig({ wan: { device: 'wan0', ipv4 } }));
  await office.isp.dnsmasq.log.line(/DHCPRELEASE/, { from });
  await waitFor('the static address', async () => (await box.status()).wan.address === '203.0.113.9/24');
  assert.equal(await waitFor('the way out', () => seenFromOutside().catch(() => undefined)), '203.0.113.9');
  assert.doesNotMatch(await office.box.ip('addr', 'show', 'dev', 'wan0'), new RegExp(ADDRESSES.boxWan));

  await applied(boxConfig());
  await waitFor(
    'the leased address',
    async () => (await box.status()).wan.address === `${ADDRESSES.boxWan}/24`,
  );
  assert.equal(
    await waitFor('the way out', () => seenFromOutside().catch(() => undefined)),
    ADDRESSES.boxWan,
  );
  assert.doesNotMatch(await office.box.ip('addr', 'show', 'dev', 'wan0'), /203\.0\.113\.9\//);
});

test('config apply: the LAN gets other addresses', async () => {
  const address = '192.168.88.1';
  const { firewall, ...rest } = boxConfig({ dhcp: {}, lan: { devices: ['lan0'], address: `${address}/24` } });
  await applied({ ...rest, firewall: { publicServices: firewall?.publicServices ?? [] } });
  assert.doesNotMatch(await office.box.ip('addr'), new RegExp(`inet ${ADDRESSES.boxLan}/`));
  for (const pc of [office.pc1, office.pc2]) {
    const lease = await pc.replug();
    assert.match(lease.address, /^192\.168\.88\./);
    assert.equal(lease.gateway, address);
    assert.equal(lease.dns, address);
    const resolved = await pc.namespace.output(['dig', '+short', `admin.${NAMES.office}`]);
    assert.equal(resolved.trim(), address);
    const page = `http://admin.${NAMES.office}:8080/`;
    await pc.namespace.output(['curl', '-sS', '--fail', '-L', '-m', '10', '-o', '/dev/null', page]);
    assert.equal(await seenFromOutside(), ADDRESSES.boxWan);
  }
  await applied(boxConfig());
  for (const pc of [office.pc1, office.pc2]) assert.equal((await pc.replug()).gateway, ADDRESSES.boxLan);
});

test('config apply: from firewall to lan-only to router and back', async () => {
  const { isp } = office.hosts;
  const gateway = '192.168.77.254';
  const lan = { devices: ['lan0'], address: ADDRESSES.boxLanPrefix, gateway };
  await applied(boxConfig({ mode: 'lan-only', lan }));
  assert.match(await office.box.ip('link', 'show', 'dev', 'wan0'), /state DOWN/);
  assert.doesNotMatch(await office.box.ip('addr', 'show', 'dev', 'wan0'), /inet /);
  assert.equal(await office.box.output(['sysctl', '-n', 'net.ipv4.ip_forward']), '0\n');
  assert.match(await office.box.ip('route'), new RegExp(`^default via ${gateway} dev lan0`, 'm'));
  const alone = await office.pc2.replug();
  assert.deepEqual([alone.gateway, alone.dns], [gateway, ADDRESSES.isp]);
  assert.equal((await box.status()).wan.method, 'off');

  await applied(boxConfig({ mode: 'router' }));
  await box.online();
  await isp.ip('route', 'add', ADDRESSES.lanNetwork, 'via', ADDRESSES.boxWan);
  assert.equal((await office.pc2.replug()).gateway, ADDRESSES.boxLan);
  assert.equal(await waitFor('the way out', () => seenFromOutside().catch(() => undefined)), PC1_ADDRESS);
  const page = `http://${PC1_ADDRESS}:${INSIDE_PORT}/`;
  await isp.output(['curl', '-sS', '--fail', '-m', '10', '-o', '/dev/null', page]);

  await applied(boxConfig());
  assert.equal(await seenFromOutside(), ADDRESSES.boxWan);
  assert.notEqual((await isp.run(['curl', '-s', '-m', '1', '-o', '/dev/null', page])).status, 0);
  await isp.ip('route', 'del', ADDRESSES.lanNetwork);
});

test('config apply: a second LAN device joins the first on a bridge, and leaves it', async () => {
  const pc3 = await office.lab.namespace('pc3');
  await office.lab.cable({ namespace: office.box, device: 'lan1' }, { namespace: pc3, device: 'eth0' });
  await applied(boxConfig({ lan: { devices: ['lan0', 'lan1'], address: ADDRESSES.boxLanPrefix } }));
  assert.match(
    await office.box.ip('addr', 'show', 'dev', 'br-lan'),
    new RegExp(`inet ${ADDRESSES.boxLanPrefix} `),
  );
  const newcomer = new Pc(pc3, 'udhcpc');
  newcomer.start();
  assert.equal((await newcomer.lease()).gateway, ADDRESSES.boxLan);
  await pc3.output(['ping', '-c', '1', '-W', '10', PC1_ADDRESS]);
  await pc3.output(['curl', '-sS', '--fail', '-m', '10', `http://${ADDRESSES.world}/address`]);
  assert.equal((await office.pc2.replug()).gateway, ADDRESSES.boxLan);

  await applied(boxConfig());
  assert.match(
    await office.box.ip('addr', 'show', 'dev', 'lan0'),
    new RegExp(`inet ${ADDRESSES.boxLanPrefix} `),
  );
  assert.doesNotMatch(await office.box.ip('link'), /br-lan/);
  assert.equal((await office.pc2.replug()).gateway, ADDRESSES.boxLan);
  assert.equal(
    await waitFor('the way out', () => seenFromOutside().catch(() => undefined)),
    ADDRESSES.boxWan,
  );
});

test('config history and rollback: changes are listed with their cause, and taken back in one transaction', async () => {
  const shown = await box.json('config', 'show');
  assert.equal((await box.cli(['alias', 'add', 'sales', 'alice'])).status, 0);
  assert.equal((await box.cli(['alias', 'add', 'info', 'bob'])).status, 0);
  const [latest, earlier] = (await box.json('config', 'history')) as readonly ConfigChange[];
  assert.deepEqual([latest?.cause, earlier?.cause], ['alias add info', 'alias add sales']);
  const back = await box.cli(['config', 'rollback', String(earlier?.number)]);
  assert.equal(back.status, 0, back.stderr);
  assert.deepEqual(await box.json('config', 'show'), shown);
  assert.deepEqual(await box.json('alias', 'list'), []);
  // Without a number it is the latest change, here the rollback itself.
  assert.equal((await box.cli(['config', 'rollback'])).status, 0);
  assert.deepEqual(
    ((await box.json('alias', 'list')) as readonly { name: string }[]).map(({ name }) => name),
    ['sales', 'info'],
  );
  for (const [word, reason] of [
    ['99999', /^Cannot go back to the configuration before change 99999: it is not kept[^\n]*\n$/],
    ['yesterday', /^Cannot go back to the change "yesterday": it is no number[^\n]*\n$/],
  ] as const) {
    const refused = await box.cli(['config', 'rollback', word]);
    assert.equal(refused.status, 1);
    assert.match(refused.stderr, reason);
  }
});
