import { join } from 'node:path';
import process from 'node:process';
import { Lab } from '../lab/lab.ts';
import { BoxFirewall, ourOptions } from './box-firewall.ts';
import type { Figure } from './figure.ts';
import { FIREWALL_WIRE, type FirewallWire, makeFirewallWire } from './firewall-wire.ts';
import { FIRST_PORT, TARGET_PORT } from './openwrt-ruleset.ts';

const CONNECTIONS = join(import.meta.dirname, '../lab/connection-peer.ts');
const STREAM = join(import.meta.dirname, '../lab/stream-peer.ts');
const FORWARDS = 1000;
const ROUNDS = Number(process.env['GATEPOST_BENCH_ROUNDS'] ?? 9);
const RELOADS = Number(process.env['GATEPOST_BENCH_RELOADS'] ?? 100);
const PACKETS_PER_SECOND = 1000;
const HELD = 20;
const STREAM_PORT = 7000;

type Contestant = 'gatepost' | 'nft -f';

/** Brings the box to a ruleset and gives the milliseconds it took; `changed` is the forward that differs. */
type Apply = (changed: number) => Promise<number>;

/** How long it takes to change the firewall, and what traffic notices of it. */
export async function applyBench(): Promise<readonly Figure[]> {
  await using lab = new Lab();
  const wire = await makeFirewallWire(lab);
  await Promise.all([
    wire.world.start('serve', [process.execPath, CONNECTIONS, 'serve', String(TARGET_PORT)]).line(/ready/),
    wire.device.start('serve', [process.execPath, CONNECTIONS, 'serve', String(TARGET_PORT)]).line(/ready/),
  ]);
  using firewall = new BoxFirewall(wire.box);
  const applies: readonly (readonly [Contestant, Apply])[] = [
    ['gatepost', async (changed) => (await firewall.ours(ourOptions(FORWARDS, changed))).milliseconds],
    ['nft -f', (changed) => firewall.nft(FORWARDS, changed)],
  ];
  const figures = new Map<string, Record<Contestant, number[]>>();
  const note = (name: string, contestant: Contestant, value: number): void => {
    const both = figures.get(name) ?? { gatepost: [], 'nft -f': [] };
    both[contestant].push(value);
    figures.set(name, both);
  };
  for (let round = 0; round < ROUNDS; round++)
    for (const [contestant, apply] of applies) {
      await firewall.clear();
      note(`${FORWARDS} forwards at once|ms`, contestant, await apply(-1));
      note('one of them changed|ms', contestant, await apply(round % FORWARDS));
      note('nothing changed|ms', contestant, await apply(round % FORWARDS));
    }
  for (const [contestant, apply] of applies) {
    await firewall.clear();
    await wire.box.run(['conntrack', '-F']);
    const noticed = await underTraffic(wire, apply);
    for (const [name, value] of Object.entries(noticed)) note(name, contestant, value);
  }
  return [...figures].map(([key, both]) => {
    const [name = '', unit = ''] = key.split('|');
    return { bench: 'apply', name, unit, ours: both.gatepost, peers: { 'nft -f': both['nft -f'] } };
  });
}

/** A stream from the LAN, connections from the LAN out and from the world in, while the firewall is loaded again and again. */
async function underTraffic(wire: FirewallWire, apply: Apply): Promise<Record<string, number>> {
  await apply(-1);
  const receiver = wire.world.start('receive', [process.execPath, STREAM, 'receive', String(STREAM_PORT)]);
  await receiver.line(/ready/);
  const { world, wan } = FIREWALL_WIRE;
  const sender = wire.pc.start('send', [
    process.execPath,
    STREAM,
    'send',
    world,
    String(STREAM_PORT),
    String(PACKETS_PER_SECOND),
  ]);
  const hold = (address: string, port: number): string[] => [
    process.execPath,
    CONNECTIONS,
    'hold',
    address,
    String(port),
    String(HELD),
  ];
  const out = wire.pc.start('hold', hold(world, TARGET_PORT));
  // Not the first, which is the one that changes.
  const inward = wire.world.start('hold', hold(wan, FIRST_PORT + FORWARDS - 1));
  await Promise.all([sender.line(/sending/), out.line(/holding/), inward.line(/holding/)]);
  const before = await connections(wire);
  for (let reload = 0; reload < RELOADS; reload++) await apply(reload % 2 === 0 ? 0 : -1);
  const after = await connections(wire);
  await Promise.all([sender, out, inward].map((program) => program.stop()));
  const [, sent, received] = await receiver.line(/sent (\d+) received (\d+)/);
  const ends = await Promise.all([out, inward].map((program) => program.line(/held \d+ broken (\d+)/)));
  const reloads = `${RELOADS} reloads`;
  return {
    [`UDP lost in ${reloads}|packets`]: Number(sent) - Number(received),
    [`TCP broken in ${reloads}|of ${2 * HELD}`]: ends.reduce((sum, [, broken]) => sum + Number(broken), 0),
    [`conntrack entries lost in ${reloads}|entries`]: [...before].filter((one) => !after.has(one)).length,
  };
}

/** The connections of the stream and of those that are held, without what changes with every packet. */
async function connections({ box }: FirewallWire): Promise<ReadonlySet<string>> {
  const text = await box.output(['conntrack', '-L', '-o', 'id']);
  const lines = text.split('\n').filter((line) => line.includes('src='));
  return new Set(lines.map((line) => [...line.matchAll(/(?:src|dst|sport|dport|id)=\S+/g)].join(' ')));
}
