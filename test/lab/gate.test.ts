import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { after, before, test } from 'node:test';
import type { ExplainAnswer, FirewallView, FlowStatus } from '../../src/port/gate-status.ts';
import { ADDRESSES } from './addresses.ts';
import type { Box } from './box.ts';
import { type ConfigFile, FORWARDED_PORT, PC1_ADDRESS, boxConfig } from './box-config.ts';
import { Caller } from './firewall-site.ts';
import { lackOfFlowTables, lackOfVlans } from './kernel-abilities.ts';
import type { Namespace } from './namespace.ts';
import type { Office } from './office.ts';
import { startOffice } from './running-office.ts';
import { waitFor } from './wait-for.ts';

// What the owner does with the gate, on the real box: modes, devices reached from outside, blocked ones, connections.

const PEER = join(import.meta.dirname, 'line-peer.ts');
const PORT = 7000;
/** A further address of the provider's network. */
const SECOND_ADDRESS = '203.0.113.77';
const FORWARD = { name: 'pc1-lines', protocol: 'both', port: '7100', to: PC1_ADDRESS, toPort: PORT } as const;

let office: Office;
let box: Box;
let calls = 0;

before(async () => {
  ({ office, box } = await startOffice());
  for (const host of [office.hosts.world, office.hosts.pc1])
    await host.start('serve', [process.execPath, PEER, 'serve', String(PORT)]).line(/ready/);
  await office.hosts.isp.ip('route', 'add', ADDRESSES.lanNetwork, 'via', ADDRESSES.boxWan);
});

after(() => office.remove());

function call(from: Namespace, address: string, port: number, verb: 'call' | 'call-udp' = 'call'): Caller {
  const name = `call-${++calls}`;
  const file = from.file(`${name}.lines`);
  return new Caller(from.start(name, [process.execPath, PEER, verb, address, String(port), file]), file);
}

async function apply(parts: Partial<ConfigFile>): Promise<void> {
  await box.apply(boxConfig(parts));
}

async function command(...words: readonly string[]): Promise<string> {
  const { status, stdout, stderr } = await box.cli(words);
  assert.equal(status, 0, stderr);
  return stdout;
}

/** What the line of the configuration has counted, as `gatepost firewall show` tells it. */
async function packetsOf(source: string): Promise<number | null | undefined> {
  const view = (await box.json('firewall', 'show')) as FirewallView;
  return view.lines.find((line) => line.source === source)?.packets;
}

async function flows(...words: readonly string[]): Promise<readonly FlowStatus[]> {
  return (await box.json('flows', ...words)) as readonly FlowStatus[];
}

/** Whether the world gets an answer of pc1 itself, as in mode `router`. */
async function reachesPc1(): Promise<boolean> {
  const caller = call(office.hosts.world, PC1_ADDRESS, PORT);
  const outcome = await Promise.race([caller.outcome(), silence()]);
  await caller.hangUp();
  return outcome.startsWith('hello');
}

/** What a packet that is dropped is answered with. */
function silence(): Promise<string> {
  return new Promise((resolve) => setTimeout(resolve, 1500, 'silence'));
}

// First, because the log lists twenty packets a minute.
test('a dropped packet is in the log with its reason', async () => {
  await office.hosts.world.run(['nping', '--tcp', '-p', '4444', '-c', '1', ADDRESSES.boxWan]);
  await waitFor('the dropped packet in the log', async () =>
    /Dropped \(wan-input\): TCP 198\.51\.100\.2:\d+ -> 203\.0\.113\.50:4444/.test(
      await command('log', '--level', 'debug', '--limit', '2000'),
    ),
  );
  assert.ok(((await packetsOf('firewall.logDropped')) ?? 0) >= 1);
});

test('no device is told of a time service: the box has none, and says so at once on its port', async () => {
  assert.equal((await office.pc1.lease()).ntp, '');
  const asked = await office.hosts.pc1.run(['nping', '--udp', '-p', '123', '-c', '1', ADDRESSES.boxLan]);
  assert.match(asked.stdout, /RCVD .* ICMP .* [Pp]ort unreachable/);
});

test('no IPv6 of the LAN leaves by the WAN: the box has none to give', async () => {
  const { pc1, isp } = office.hosts;
  const [, router = ''] = /inet6 (fe80::\S+)\//.exec(await office.box.ip('-6', 'addr', 'show', 'lan0')) ?? [];
  await pc1.ip('addr', 'add', '2001:db8:9::2/64', 'dev', 'eth0', 'nodad');
  await pc1.ip('-6', 'route', 'add', 'default', 'via', router, 'dev', 'eth0');
  const wire = isp.start('ipv6', ['tcpdump', '-lni', 'wan', 'ip6 and src net 2001:db8::/32 or icmp']);
  await wire.line(/listening on/);
  assert.equal((await pc1.run(['ping', '-6', '-c', '1', '-W', '1', '2001:db8:5::2'])).status, 1);
  await pc1.run(['ping', '-c', '1', '-W', '1', ADDRESSES.isp]);
  await wire.line(/ICMP echo request/);
  assert.doesNotMatch(wire.log.text(), /IP6/);
  await wire.stop();
  await pc1.ip('addr', 'del', '2001:db8:9::2/64', 'dev', 'eth0');
});

test('a connection out of the office goes on through firewall, firewall-dmz, router and back', async () => {
  const caller = call(office.hosts.pc1, ADDRESSES.world, PORT);
  assert.equal(await caller.outcome(), `hello ${ADDRESSES.boxWan}`);
  for (const mode of ['firewall-dmz', 'router', 'firewall'] as const) {
    await apply({ mode });
    await caller.echo(`in mode ${mode}`);
  }
  await caller.hangUp();
});

test('the world reaches the LAN in mode router only, and what it began there ends with the mode', async () => {
  assert.equal(await reachesPc1(), false);
  await apply({ mode: 'router' });
  const caller = call(office.hosts.world, PC1_ADDRESS, PORT);
  assert.equal(await caller.outcome(), `hello ${ADDRESSES.world}`);
  await apply({});
  const begun = (await flows('--address', ADDRESSES.world)).filter(({ source }) =>
    source.startsWith(ADDRESSES.world),
  );
  assert.deepEqual(begun, []);
  caller.say('after the change');
  assert.equal(
    await Promise.race([caller.heard('after the change').then(() => 'heard'), silence()]),
    'silence',
  );
  await caller.hangUp();
  assert.equal(await reachesPc1(), false);
});

test('pings are answered in mode firewall and not in firewall-dmz', async () => {
  const ping = ['ping', '-c', '1', '-W', '1', ADDRESSES.boxWan];
  assert.equal((await office.hosts.world.run(ping)).status, 0);
  assert.equal(await packetsOf('firewall.pingFromWan'), 1);
  await apply({ mode: 'firewall-dmz' });
  assert.equal((await office.hosts.world.run(ping)).status, 1);
  await apply({});
});

test('firewall block: an open connection stops at once and is gone, names still resolve; unblock gives the way back', async () => {
  const caller = call(office.hosts.pc1, ADDRESSES.world, PORT);
  await caller.outcome();
  await caller.echo('before');
  assert.match(await command('firewall', 'block', 'pc1'), /firewall changed/);
  assert.deepEqual(await flows('--address', PC1_ADDRESS, '--port', String(PORT)), []);
  assert.match(await call(office.hosts.pc1, ADDRESSES.world, PORT).outcome(), /^failed/);
  const dig = ['dig', '+short', '+time=2', `@${ADDRESSES.boxLan}`, 'pc1.office.example'];
  assert.equal((await office.hosts.pc1.output(dig)).trim(), PC1_ADDRESS);
  assert.match(await call(office.hosts.pc2, ADDRESSES.world, PORT).outcome(), /^hello/);

  const again = await box.cli(['firewall', 'block', PC1_ADDRESS]);
  assert.equal(again.status, 1);
  assert.match(again.stderr, /^Cannot block pc1 \(02:67:70:00:01:01\): it is blocked already/);
  const unknown = await box.cli(['firewall', 'block', 'pc3']);
  assert.match(unknown.stderr, /^Cannot find the device "pc3": known are pc/);

  await command('firewall', 'unblock', ADDRESSES.pc1Mac);
  assert.match(await call(office.hosts.pc1, ADDRESSES.world, PORT).outcome(), /^hello/);
  await caller.hangUp();
});

test('flows: a connection is listed with its device and translation, found by filter, and ended', async () => {
  const caller = call(office.hosts.pc1, ADDRESSES.world, PORT);
  await caller.outcome();
  const found = await flows('--address', ADDRESSES.world, '--port', String(PORT), '--protocol', 'tcp');
  const flow = found.find(({ state, source }) => state === 'ESTABLISHED' && source.startsWith(PC1_ADDRESS));
  assert.ok(flow !== undefined);
  assert.equal(flow.device, 'pc1');
  assert.match(flow.source, new RegExp(`^${PC1_ADDRESS}:`));
  assert.match(flow.replyDestination, new RegExp(`^${ADDRESSES.boxWan}:`));
  assert.ok(flow.sent.packets > 0 && flow.received.bytes > 0);
  await command('flows', 'end', '--address', ADDRESSES.world);
  assert.deepEqual(await flows('--address', ADDRESSES.world, '--port', String(PORT)), []);
  const all = await box.cli(['flows', 'end']);
  assert.equal(all.status, 1);
  await caller.hangUp();
});

test('a forward works from outside and inside, is explained by its line, counts, and its connections end with it', async () => {
  await apply({ firewall: { forwards: [FORWARD] } });
  const caller = call(office.hosts.world, ADDRESSES.boxWan, 7100);
  assert.equal(await caller.outcome(), `hello ${ADDRESSES.world}`);
  assert.match(await call(office.hosts.pc2, ADDRESSES.boxWan, 7100).outcome(), /^hello/);
  const question = ['firewall', 'explain', 'internet', ADDRESSES.boxWan, 'tcp/7100'];
  const answer = (await box.json(...question)) as ExplainAnswer;
  assert.equal(answer.verdict, 'accepted');
  assert.match(answer.decidedBy, /^firewall\.forwards\[0\]/);
  assert.equal(answer.destination, `${PC1_ADDRESS}:${PORT}`);
  assert.equal(await packetsOf('firewall.forwards[0]'), 2);
  assert.equal(await packetsOf('firewall.hairpin'), 1);
  const view = (await box.json('firewall', 'show')) as FirewallView;
  assert.ok(
    view.devices.some(({ name, down }) => name === 'pc1' && down.bytes > 0),
    JSON.stringify(view.devices),
  );
  await apply({});
  assert.deepEqual(await flows('--port', '7100'), []);
  await caller.hangUp();
});

test('a one-to-one address is the device, both ways; an exposed host gets what nobody claims', async () => {
  const oneToOne = [{ name: 'pc1', address: SECOND_ADDRESS, to: PC1_ADDRESS }];
  await apply({ firewall: { oneToOne } });
  assert.match(await call(office.hosts.world, SECOND_ADDRESS, PORT).outcome(), /^hello/);
  assert.equal(await call(office.hosts.pc1, ADDRESSES.world, PORT).outcome(), `hello ${SECOND_ADDRESS}`);
  assert.equal(await call(office.hosts.pc2, ADDRESSES.world, PORT).outcome(), `hello ${ADDRESSES.boxWan}`);

  await apply({ firewall: { publicServices: ['smtp'], exposedHost: PC1_ADDRESS } });
  assert.match(await call(office.hosts.world, ADDRESSES.boxWan, PORT).outcome(), /^hello/);
  assert.equal(await packetsOf('firewall.exposedHost'), 1);
  const mail = ['curl', '-sS', '-m', '5', '--http0.9', `http://${ADDRESSES.boxWan}:25/`];
  assert.match((await office.hosts.world.run(mail)).stdout, /^\d{3}[ \d.]+mail\.office\.example /);
  await apply({});
});

test('a device that is not there is refused with those that are, and nothing changes', async () => {
  const file = box.namespace.file('new.json');
  writeFileSync(file, JSON.stringify(boxConfig({ wan: { device: 'wan7' } })));
  const { status, stderr } = await box.cli(['config', 'apply', file]);
  assert.equal(status, 1);
  assert.match(stderr, /^wan\.device: found "wan7", wanted one of .*wan0 \(mac:02:67:70:00:00:01\)/);
  assert.match(await call(office.hosts.pc1, ADDRESSES.world, PORT).outcome(), /^hello/);
});

test('a reservation with a name of the box, and options that contradict the LAN, are refused by check', async () => {
  const file = box.namespace.file('new.json');
  const reservations = [{ mac: ADDRESSES.pc1Mac, address: PC1_ADDRESS, name: 'admin' }];
  const options = [{ code: 28, value: '192.168.77.127' }];
  writeFileSync(file, JSON.stringify(boxConfig({ dhcp: { reservations, options } })));
  const { status, stderr } = await box.cli(['check', file]);
  assert.equal(status, 1);
  assert.match(
    stderr,
    /dhcp\.reservations\[0\]\.name: found "admin", which is a name of the box, wanted .*"admin-2"/,
  );
  assert.match(stderr, /dhcp\.options\[0\]\.value: found "192\.168\.77\.127", wanted "192\.168\.77\.255"/);
});

// Kernels that have what these two say is not there are told of in vlan.test.ts and offload.test.ts.
const hasVlans = lackOfVlans() === false && 'this kernel has VLAN devices';
const hasFlowTables = lackOfFlowTables() === false && 'this kernel has flow tables';

test(
  'a WAN in a VLAN that the kernel cannot make is refused with the reason, and the box stays as it was',
  { skip: hasVlans },
  async () => {
    const file = box.namespace.file('new.json');
    writeFileSync(file, JSON.stringify(boxConfig({ wan: { device: 'wan0', vlan: 7 } })));
    const { status, stderr } = await box.cli(['config', 'apply', file]);
    assert.equal(status, 1, stderr);
    assert.match(stderr, /VLAN/);
    assert.match(await call(office.hosts.pc1, ADDRESSES.world, PORT).outcome(), /^hello/);
  },
);

test(
  'offload that the kernel has not is left out, told in health, and everything else is in force',
  { skip: hasFlowTables },
  async () => {
    await apply({ firewall: { offload: true, forwards: [FORWARD] } });
    const view = (await box.json('firewall', 'show')) as FirewallView;
    assert.deepEqual(view.reduced, ['flow offload: this kernel has no flow tables']);
    assert.match(JSON.stringify(await box.health()), /flow offload: this kernel has no flow tables/);
    assert.match(await call(office.hosts.world, ADDRESSES.boxWan, 7100).outcome(), /^hello/);
    await apply({});
    assert.match(
      await call(office.hosts.world, ADDRESSES.boxWan, FORWARDED_PORT).outcome(),
      /^failed ECONNREFUSED/,
    );
  },
);
