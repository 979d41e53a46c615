import process from 'node:process';
import { Lab } from '../lab/lab.ts';
import type { DhcpLoadResult, DhcpLoadSettings } from './dhcp-load-settings.ts';
import { type DhcpContestant, dnsmasqDhcp, gatepostDhcp, keaDhcp, runGenerator } from './dhcp-servers.ts';
import { makeDhcpWire } from './dhcp-wire.ts';
import type { Figure } from './figure.ts';
import { findProgram } from './find-program.ts';
import { runPerfdhcp } from './dhcp-perfdhcp.ts';
import { cpuSeconds } from './process-use.ts';

const ROUNDS = 3;
const CLIENTS = 20_000;
const LEASE_TIME = '12h';

type LoadOfClients = Pick<DhcpLoadSettings, 'clients' | 'outstanding' | 'rate' | 'seconds'>;

/**
 * Each client is fresh, so a server may look whether its address is free before it offers it. Gatepost does (256 at a time, half a
 * second each; beyond that it offers without); Kea does not; dnsmasq would, one after the other for three seconds each, but is
 * told not to. Gatepost takes 8000 messages of strangers a second and drops the others: it is not asked by more.
 */
const LOADS: readonly (readonly [name: string, load: LoadOfClients])[] = [
  ['512 at a time', { clients: CLIENTS, outstanding: 512, rate: 6000, seconds: 30 }],
  ['2000/s offered', { clients: CLIENTS, outstanding: CLIENTS, rate: 2000, seconds: 30 }],
];

interface Measured extends DhcpLoadResult {
  /** Microseconds of all processes of the server for one exchange. */
  readonly cpu: number;
}

interface Quantity {
  readonly name: string;
  readonly unit: string;
  readonly value: (measured: Measured) => number;
}

const QUANTITIES: readonly Quantity[] = [
  { name: 'exchanges', unit: '/s', value: ({ rate }) => rate },
  { name: 'CPU of an exchange', unit: 'us', value: ({ cpu }) => cpu },
  { name: 'first 2000', unit: '/s', value: ({ firstRate }) => firstRate },
  { name: 'last 2000', unit: '/s', value: ({ lastRate }) => lastRate },
  { name: 'offer p50', unit: 'ms', value: ({ offer: [p50] }) => p50 },
  { name: 'offer p99', unit: 'ms', value: ({ offer: [, p99] }) => p99 },
  { name: 'exchange p50', unit: 'ms', value: ({ whole: [p50] }) => p50 },
  { name: 'exchange p99', unit: 'ms', value: ({ whole: [, p99] }) => p99 },
  { name: 'completed', unit: '', value: ({ completed }) => completed },
  { name: 'dropped', unit: '', value: ({ dropped, refused }) => dropped + refused },
];

/** Whole exchanges (DISCOVER OFFER REQUEST ACK) of clients that come for the first time. */
export async function dhcpBench(): Promise<readonly Figure[]> {
  await using lab = new Lab();
  const wire = await makeDhcpWire(lab);
  const ours = gatepostDhcp(wire.ours);
  const kea = keaDhcp(wire.peers);
  const peers = [dnsmasqDhcp(wire.peers, ['no-ping']), ...(kea === undefined ? [] : [kea])];
  if (kea === undefined) say('Kea is not installed: it is left out');
  const figures: Figure[] = [];
  for (const [name, load] of LOADS) {
    const runs = new Map<DhcpContestant, Measured[]>([ours, ...peers].map((one) => [one, []]));
    for (let round = 0; round < ROUNDS; round += 1)
      for (const [contestant, measured] of runs) measured.push(await measure(contestant, load));
    figures.push(...figuresOf(name, ours, runs));
  }
  const perfdhcp = findProgram('perfdhcp');
  if (perfdhcp !== undefined) figures.push(...(await runPerfdhcp(perfdhcp, ours, peers)));
  else say('perfdhcp is not installed: the load is that of dhcp-generator.ts alone');
  return figures;
}

function say(text: string): void {
  process.stderr.write(`bench: dhcp: ${text}\n`);
}

async function measure(contestant: DhcpContestant, load: LoadOfClients): Promise<Measured> {
  const server = await contestant.start(LEASE_TIME);
  try {
    const before = cpuSeconds(await server.pids());
    const result = await runGenerator(server.stand, 'acquire', load);
    const cpu = cpuSeconds(await server.pids()) - before;
    return { ...result, cpu: (cpu * 1e6) / result.completed };
  } finally {
    await server.stop();
  }
}

function figuresOf(
  load: string,
  ours: DhcpContestant,
  runs: ReadonlyMap<DhcpContestant, readonly Measured[]>,
): Figure[] {
  const peers = [...runs].filter(([contestant]) => contestant !== ours);
  return QUANTITIES.map(({ name, unit, value }) => ({
    bench: 'dhcp',
    name: `${load}: ${name}`,
    unit,
    ours: (runs.get(ours) ?? []).map(value),
    peers: Object.fromEntries(peers.map(([peer, measured]) => [peer.name, measured.map(value)])),
  }));
}
