import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import { newMaker } from '../service/update/update-file.ts';
import { Box } from './box.ts';
import { dnsmasqDhcpOn } from './dnsmasq.ts';
import { Lab } from './lab.ts';
import type { Namespace } from './namespace.ts';
import type { Program } from './program.ts';
import { outputOf } from './run-command.ts';
import { waitFor } from './wait-for.ts';

// A board at its first start: ports that have the kernel's names, and no configuration.
const MACS = { eth0: '02:67:70:00:0a:00', eth1: '02:67:70:00:0a:01' } as const;
type Port = keyof typeof MACS;
const PORTS = ['eth0', 'eth1'] as const;

interface Board {
  readonly box: Box;
  /** The other ends of the cables. */
  readonly ends: Readonly<Record<Port, Namespace>>;
  readonly providers: Partial<Record<Port, Program>>;
  /** Hardware addresses of the ports. */
  macs: Readonly<Record<Port, string>>;
}

async function newBoard(
  t: TestContext,
  plugged: readonly Port[],
  providers: readonly Port[],
): Promise<Board> {
  const lab = new Lab();
  t.after(() => lab.remove());
  const namespace = await lab.namespace('box');
  const ends = { eth0: await lab.namespace('end0'), eth1: await lab.namespace('end1') };
  const box = new Box(namespace);
  box.isConfigGiven = false;
  box.options = ['--board', namespace.file('board.json'), '--slot', 'a'];
  const board = {
    name: 'test-board',
    slots: { a: '/dev/null', b: '/dev/null' },
    slotState: { device: '/dev/null', offsets: [0, 512] },
    updateKeys: [newMaker().publicKey],
  };
  writeFileSync(namespace.file('board.json'), JSON.stringify(board));
  const site: Board = { box, ends, providers: {}, macs: MACS };
  for (const port of plugged) await plug(site, port);
  for (const [at, port] of providers.entries()) site.providers[port] = await provide(ends[port], at);
  return site;
}

/** The box's end stays switched off, as a card's is at a start: it is the box that switches it on, under whatever name it then has. */
async function plug({ box, ends, macs }: Board, port: Port, device: string = port): Promise<void> {
  const near = ['name', device, 'address', macs[port], 'netns', box.namespace.kernelName];
  const far = ['peer', 'name', 'cable', 'netns', ends[port].kernelName];
  await outputOf(['ip', 'link', 'add', ...near, 'type', 'veth', ...far]);
  await ends[port].ip('link', 'set', 'cable', 'up');
}

/** A DHCP server at the other end of a cable. */
async function provide(end: Namespace, at: number): Promise<Program> {
  const net = `198.18.${at + 20}`;
  await end.ip('addr', 'add', `${net}.1/24`, 'dev', 'cable');
  const argv = dnsmasqDhcpOn('cable', end.file('leases'), [`dhcp-range=${net}.60,${net}.99,1h`]);
  const program = end.start('dnsmasq', argv);
  await program.line(/started/);
  return program;
}

/** Names of the ports of the box by their hardware address. */
async function named({ box, macs }: Board): Promise<Partial<Record<Port, string>>> {
  const links = JSON.parse(await box.namespace.output(['ip', '-j', 'link'])) as {
    readonly ifname: string;
    readonly address: string;
  }[];
  return Object.fromEntries(
    PORTS.flatMap((port) => {
      const link = links.find(({ address }) => address === macs[port]);
      return link === undefined ? [] : [[port, link.ifname]];
    }),
  );
}

async function healthText({ box }: Board): Promise<string> {
  return JSON.stringify(await box.health());
}

test('the port where the provider answers is the WAN, and stays it whatever the kernel calls it', async (t) => {
  const board = await newBoard(t, PORTS, ['eth1']);
  const { box } = board;
  await box.start();
  assert.deepEqual(await named(board), { eth0: 'lan0', eth1: 'wan0' });
  assert.match((await box.online()).wan.address ?? '', /^198\.18\.20\./);
  // Asking took no lease: the first request comes from the client of the WAN, behind the choice.
  const heard = readFileSync(board.ends.eth1.file('dnsmasq.log'), 'utf8');
  assert.equal(heard.match(/DHCPACK/g)?.length, 1);
  await box.stop();
  for (const name of ['wan0', 'lan0']) await box.namespace.ip('link', 'del', name);
  await plug(board, 'eth0', 'eth7');
  await plug(board, 'eth1', 'eth0');
  await box.start();
  assert.deepEqual(await named(board), { eth0: 'lan0', eth1: 'wan0' });
});

test('a card in another board finds out anew which port is which', async (t) => {
  const board = await newBoard(t, PORTS, ['eth1']);
  const { box, ends } = board;
  await box.start();
  assert.deepEqual(await named(board), { eth0: 'lan0', eth1: 'wan0' });
  await box.stop();
  for (const name of ['wan0', 'lan0']) await box.namespace.ip('link', 'del', name);
  board.macs = { eth0: '02:67:70:00:0b:00', eth1: '02:67:70:00:0b:01' };
  for (const port of PORTS) await plug(board, port);
  board.providers.eth0 = await provide(ends.eth0, 0);
  box.launch();
  await box.program.line(/^gatepost ready$/m, 90_000);
  assert.deepEqual(await named(board), { eth0: 'wan0', eth1: 'lan0' });
});

test('a board that cannot keep which port is which starts all the same, and says so', async (t) => {
  const board = await newBoard(t, PORTS, ['eth1']);
  const { box } = board;
  mkdirSync(`${box.dataPath}/state/ports.json`, { recursive: true });
  await box.start();
  assert.deepEqual(await named(board), { eth0: 'lan0', eth1: 'wan0' });
  assert.match(await healthText(board), /which port is which cannot be kept/);
});

test('with a provider at both ports the first is the WAN', async (t) => {
  const board = await newBoard(t, PORTS, PORTS);
  await board.box.start();
  assert.deepEqual(await named(board), { eth0: 'wan0', eth1: 'lan0' });
});

test('with a provider at none the first is the WAN, the owner is told, and a reset finds it out again', async (t) => {
  const board = await newBoard(t, PORTS, []);
  const { box } = board;
  await box.start();
  assert.deepEqual(await named(board), { eth0: 'wan0', eth1: 'lan0' });
  assert.match(await healthText(board), /no DHCP server has answered on any.*change the cables over/);
  assert.equal((await box.cli(['reset', '--yes'])).status, 0);
  await box.program.ended;
  for (const [from, to] of [
    ['wan0', 'eth0'],
    ['lan0', 'eth1'],
  ]) {
    await box.namespace.ip('link', 'set', from ?? '', 'down');
    await box.namespace.ip('link', 'set', from ?? '', 'name', to ?? '');
  }
  board.providers.eth1 = await provide(board.ends.eth1, 1);
  await box.start();
  assert.deepEqual(await named(board), { eth0: 'lan0', eth1: 'wan0' });
});

test('a board with one port is a host of the office, gives no addresses beside another server, and takes a second port as its WAN', async (t) => {
  const board = await newBoard(t, ['eth0'], ['eth0']);
  const { box } = board;
  box.launch();
  await waitFor('what the box does meanwhile', () => {
    try {
      return /network ports are looked for/.test(readFileSync(`${box.runPath}/starting`, 'utf8'));
    } catch {
      return false;
    }
  });
  await box.program.line(/^gatepost ready$/m, 90_000);
  assert.deepEqual(await named(board), { eth0: 'lan0' });
  const alone = await box.status();
  assert.equal(alone.mode, 'lan-only');
  assert.ok(alone.services.every(({ name }) => name !== 'dhcp'));
  assert.match(
    await healthText(board),
    /only one network port.*Another DHCP server answers there.*Connect a second/,
  );
  const change = await box.cli(['firewall', 'block', '02:67:70:00:0a:77']);
  assert.equal(change.status, 0, change.stderr);
  const changed = await box.status();
  assert.equal(changed.mode, 'lan-only', 'a change of the settings asks for no second port');
  assert.ok(changed.services.every(({ name }) => name !== 'dhcp'));
  await plug(board, 'eth1');
  board.providers.eth1 = await provide(board.ends.eth1, 1);
  const { mode, wan, services } = await box.online();
  assert.deepEqual([mode, wan.device], ['firewall', 'wan0']);
  assert.ok(services.some(({ name, ok }) => name === 'dhcp' && ok));
  assert.deepEqual(await named(board), { eth0: 'lan0', eth1: 'wan0' });
  assert.doesNotMatch(await healthText(board), /only one network port/);
});
