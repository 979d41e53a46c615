import assert from 'node:assert/strict';
import { join } from 'node:path';
import process from 'node:process';
import { after, before, test } from 'node:test';
import type { FirewallView, FlowStatus } from '../../src/port/gate-status.ts';
import { ADDRESSES } from './addresses.ts';
import { Box } from './box.ts';
import { type ConfigFile, PC1_ADDRESS, boxConfig } from './box-config.ts';
import { Caller } from './firewall-site.ts';
import { lackOfFlowTables } from './kernel-abilities.ts';
import type { Namespace } from './namespace.ts';
import { Office } from './office.ts';
import { waitFor } from './wait-for.ts';

// Known connections on the short way through the kernel: what the rules promise must hold for them too.

const skip = lackOfFlowTables();
const PEER = join(import.meta.dirname, 'line-peer.ts');
const PORT = 7000;
const FORWARD = { name: 'pc1-lines', protocol: 'both', port: '7100', to: PC1_ADDRESS, toPort: PORT } as const;
const SHORT_WAY: Partial<ConfigFile> = { firewall: { offload: true, forwards: [FORWARD] } };
/** Much more than what passes before a connection takes the short way. */
const DOWNLOAD = 20_000_000;

let office: Office;
let box: Box;
let calls = 0;
let lines = 0;

before(async () => {
  if (skip !== false) return;
  office = await Office.create();
  box = await Box.start(office.box, boxConfig(SHORT_WAY));
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

function call(
  from: Namespace = office.hosts.pc1,
  {
    address = ADDRESSES.world,
    port = PORT,
    verb = 'call',
  }: { address?: string; port?: number; verb?: 'call' | 'call-udp' } = {},
): Caller {
  const name = `call-${++calls}`;
  const file = from.file(`${name}.lines`);
  return new Caller(from.start(name, [process.execPath, PEER, verb, address, String(port), file]), file);
}

/** The box's connections as the reference tool lists them, of this protocol and original port. */
async function tracked(protocol: 'tcp' | 'udp', port: number): Promise<string[]> {
  const text = await office.box.output(['conntrack', '-L', '-p', protocol, '--orig-port-dst', String(port)]);
  return text.split('\n').filter((line) => line.includes('dport='));
}

/** Waits until the only connection takes the short way, by saying something now and then. */
async function takesShortWay(
  caller: Caller,
  protocol: 'tcp' | 'udp' = 'tcp',
  port: number = PORT,
): Promise<void> {
  await waitFor(`[OFFLOAD] of ${protocol} ${port}`, async () => {
    await caller.echo(`line ${++lines}`);
    return (await tracked(protocol, port)).some((line) => line.includes('[OFFLOAD]'));
  });
}

async function flowTable(): Promise<string> {
  return (await office.box.run(['nft', 'list', 'flowtables'])).stdout;
}

async function firewall(): Promise<FirewallView> {
  return (await box.json('firewall', 'show')) as FirewallView;
}

/** Packets of blocked devices. */
async function refused(): Promise<number> {
  const { lines: all } = await firewall();
  return all.find(({ source }) => source === 'firewall.blockedDevices')?.packets ?? 0;
}

async function download(): Promise<string> {
  const range = ['-r', `0-${DOWNLOAD - 1}`, '-o', '/dev/null', '-w', '%{size_download} %{local_port}'];
  return await office.hosts.pc1.output([
    'curl',
    '-sS',
    '-m',
    '60',
    ...range,
    `http://${ADDRESSES.world}/large`,
  ]);
}

test(
  'the kernel has the flow table with the devices of both sides, and nothing is reduced',
  { skip },
  async () => {
    assert.match(
      await flowTable(),
      /flowtable short-way \{\s+hook ingress priority filter\s+devices = \{ lan0, wan0 \}\s+counter\s+\}/,
    );
    assert.deepEqual((await firewall()).reduced, []);
  },
);

for (const [verb, protocol] of [
  ['call', 'tcp'],
  ['call-udp', 'udp'],
] as const)
  test(`a ${protocol} connection out of the office takes the short way, translated`, { skip }, async () => {
    const caller = call(office.hosts.pc1, { verb });
    assert.match(await caller.outcome(), /^hello 203\.0\.113\.(?:50|1)$/);
    await takesShortWay(caller, protocol);
    await caller.echo('on the short way');
    const [line = ''] = await tracked(protocol, PORT);
    assert.match(
      line,
      new RegExp(`src=${PC1_ADDRESS} dst=${ADDRESSES.world} .*dst=${ADDRESSES.boxWan} .*\\[OFFLOAD\\]`),
    );
    await caller.hangUp();
  });

test('a forward takes the short way too', { skip }, async () => {
  const caller = call(office.hosts.world, { address: ADDRESSES.boxWan, port: 7100 });
  assert.equal(await caller.outcome(), `hello ${ADDRESSES.world}`);
  await takesShortWay(caller, 'tcp', 7100);
  await caller.hangUp();
});

test(
  'a connection on the short way is counted whole, its device for the first packets only',
  { skip },
  async () => {
    const devices = (await firewall()).devices.find(({ name }) => name === 'pc1');
    const [size, port] = (await download()).split(' ');
    assert.equal(Number(size), DOWNLOAD);
    const flows = (await box.json(
      'flows',
      '--address',
      ADDRESSES.world,
      '--port',
      String(port),
    )) as readonly FlowStatus[];
    const received = flows[0]?.received.bytes ?? 0;
    assert.ok(received > DOWNLOAD, `${received} of ${DOWNLOAD} bytes in the listing of connections`);
    const counted = (await firewall()).devices.find(({ name }) => name === 'pc1');
    const ofDevice = (counted?.down.bytes ?? 0) - (devices?.down.bytes ?? 0);
    assert.ok(ofDevice < DOWNLOAD / 2, `${ofDevice} bytes counted by device`);
  },
);

test('segments are clamped to the MTU of the WAN, and long ones go through', { skip }, async () => {
  await apply({ ...SHORT_WAY, wan: { device: 'wan0', mtu: 1400 } });
  const wire = office.hosts.isp.start('wire', [
    'tcpdump',
    '-i',
    'wan',
    '-l',
    '-n',
    'tcp[tcpflags] & tcp-syn != 0',
  ]);
  await wire.line(/listening on/);
  assert.equal((await download()).split(' ')[0], String(DOWNLOAD));
  await wire.line(new RegExp(`> ${ADDRESSES.world}\\.80: Flags \\[S\\].*\\[mss 1360,`));
  await wire.stop();
  await apply({ ...SHORT_WAY, wan: { device: 'wan0', mtu: 1500 } });
});

test(
  'a blocked device stops at once: its connections on the short way are gone from the kernel',
  { skip },
  async () => {
    const [stream, datagrams] = [call(), call(office.hosts.pc1, { verb: 'call-udp' })];
    await Promise.all([stream.outcome(), datagrams.outcome()]);
    await takesShortWay(stream, 'tcp');
    await takesShortWay(datagrams, 'udp');
    const filter = ['-l', '-n', `src ${ADDRESSES.boxWan} and port ${PORT}`];
    const wire = office.hosts.isp.start('blocked', ['tcpdump', '-i', 'wan', ...filter]);
    await wire.line(/listening on/);
    assert.equal((await box.cli(['firewall', 'block', 'pc1'])).status, 0);
    const seen = wire.log.end();
    for (const caller of [stream, datagrams]) caller.say('while blocked');
    await waitFor('a packet of each to be refused', async () => (await refused()) >= 2);
    const left = [...(await tracked('tcp', PORT)), ...(await tracked('udp', PORT))];
    assert.deepEqual(
      left.filter((line) => line.includes('OFFLOAD')),
      [],
    );
    assert.equal(wire.log.text().slice(seen), '');
    assert.ok(!stream.has('while blocked') && !datagrams.has('while blocked'));
    await wire.stop();
    assert.equal((await box.cli(['firewall', 'unblock', 'pc1'])).status, 0);
    const again = call();
    assert.match(await again.outcome(), /^hello/);
    await takesShortWay(again);
    for (const caller of [stream, datagrams, again]) await caller.hangUp();
  },
);

test('a forward that is taken away ends its connections on the short way', { skip }, async () => {
  const caller = call(office.hosts.world, { address: ADDRESSES.boxWan, port: 7100 });
  await caller.outcome();
  await takesShortWay(caller, 'tcp', 7100);
  await apply({ firewall: { offload: true } });
  assert.deepEqual(await tracked('tcp', 7100), []);
  caller.say('without the forward');
  await call().outcome();
  assert.ok(!caller.has('without the forward'));
  await caller.hangUp();
  await apply(SHORT_WAY);
});

test(
  'switched off and on under way, and through other modes, connections go on and change their way',
  { skip },
  async () => {
    const caller = call();
    await caller.outcome();
    await takesShortWay(caller);
    await apply({ firewall: { forwards: [FORWARD] } });
    assert.doesNotMatch(await flowTable(), /flowtable/);
    await caller.echo('on the long way');
    assert.ok((await tracked('tcp', PORT)).every((line) => !line.includes('[OFFLOAD]')));
    await apply(SHORT_WAY);
    await takesShortWay(caller);
    for (const mode of ['firewall-dmz', 'router', 'firewall'] as const) {
      await apply({ ...SHORT_WAY, mode });
      await caller.echo(`in mode ${mode}`);
    }
    await takesShortWay(caller);
    await caller.hangUp();
  },
);

test(
  'a start finds the flow table of the run before, and connections stay on the short way',
  { skip },
  async () => {
    const caller = call();
    await caller.outcome();
    await takesShortWay(caller);
    for (const end of ['stop', 'crash'] as const) {
      await box[end]();
      await caller.echo(`after ${end}`);
      await box.start();
      await box.online();
      assert.ok(
        (await tracked('tcp', PORT)).some((line) => line.includes('[OFFLOAD]')),
        end,
      );
    }
    await caller.hangUp();
  },
);

/** Takes the cable of the WAN away, with the device at its end. */
async function unplugWan(): Promise<void> {
  await office.box.ip('link', 'delete', 'wan0');
}

async function plugWanIn(): Promise<void> {
  await office.lab.cable(
    { namespace: office.hosts.isp, device: 'wan' },
    { namespace: office.box, device: 'wan0', mac: ADDRESSES.boxWanMac },
  );
  await office.hosts.isp.ip('addr', 'add', `${ADDRESSES.isp}/24`, 'dev', 'wan');
  await waitFor('the address on the new device', async () =>
    (await office.box.run(['ip', '-4', 'addr', 'show', 'wan0'])).stdout.includes(
      `inet ${ADDRESSES.boxWan}/24`,
    ),
  );
}

async function bothTakePart(): Promise<void> {
  await waitFor('both devices in the flow table', async () => (await flowTable()).includes('lan0, wan0'));
  assert.deepEqual((await firewall()).reduced, []);
  const caller = call();
  assert.match(await caller.outcome(), /^hello/);
  await takesShortWay(caller);
  await caller.hangUp();
}

test('a device of the WAN that vanishes and comes back takes part again', { skip }, async () => {
  await bothTakePart();
  await unplugWan();
  await waitFor('the loss of the device', async () => (await box.status()).wan.link === 'missing');
  await plugWanIn();
  await bothTakePart();
});

test('a device of the LAN that is away for no time at all takes part again', { skip }, async () => {
  await office.box.ip('link', 'delete', 'lan0');
  await office.lab.cable(
    { namespace: office.hosts.switch, device: 'box' },
    { namespace: office.box, device: 'lan0', mac: ADDRESSES.boxLanMac },
  );
  await office.hosts.switch.ip('link', 'set', 'dev', 'box', 'master', 'br0');
  await waitFor('the way to the box', async () => {
    const { status } = await office.hosts.pc1.run(['ping', '-c', '1', '-W', '1', ADDRESSES.boxLan]);
    return status === 0;
  });
  await bothTakePart();
});
