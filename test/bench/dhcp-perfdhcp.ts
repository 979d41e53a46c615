import type { DhcpContestant } from './dhcp-servers.ts';
import type { Figure } from './figure.ts';
import { readPerfdhcpReport } from './perfdhcp-report.ts';
import { cpuSeconds } from './process-use.ts';

const ROUNDS = 3;
const CLIENTS = 20_000;
const RATE = 2000;
const LEASE_TIME = '12h';
/** It waits so many microseconds for the answers to its last questions, or until it has all. */
const LAST_WAIT = 3_000_000;
const REPORT = ['-W', String(LAST_WAIT), '-x', 't'];
/** Behind the reason it prints how it is used. */
const MAX_REASON = 200;

interface Measured {
  readonly rate: number;
  /** Microseconds of all processes of the server for one exchange. */
  readonly cpu: number;
  readonly completed: number;
}

/** The same by the reference generator, at a fixed rate: what is not answered within a second counts as lost. */
export async function runPerfdhcp(
  program: string,
  ours: DhcpContestant,
  peers: readonly DhcpContestant[],
): Promise<readonly Figure[]> {
  const runs = new Map<DhcpContestant, Measured[]>([ours, ...peers].map((one) => [one, []]));
  for (let round = 0; round < ROUNDS; round += 1)
    for (const [contestant, measured] of runs) measured.push(await measure(program, contestant));
  const figure = (name: string, unit: string, value: (measured: Measured) => number): Figure => ({
    bench: 'dhcp',
    name: `perfdhcp, ${RATE}/s offered: ${name}`,
    unit,
    ours: (runs.get(ours) ?? []).map(value),
    peers: Object.fromEntries(peers.map((peer) => [peer.name, (runs.get(peer) ?? []).map(value)])),
  });
  return [
    figure('exchanges', '/s', ({ rate }) => rate),
    figure('CPU of an exchange', 'us', ({ cpu }) => cpu),
    figure('completed', '', ({ completed }) => completed),
  ];
}

async function measure(program: string, contestant: DhcpContestant): Promise<Measured> {
  const server = await contestant.start(LEASE_TIME);
  try {
    const { clients, device, address } = server.stand;
    // It plays a relay with one client behind each message, at an address of the LAN by which the server answers.
    await clients.ip('addr', 'replace', `${address}00/16`, 'dev', device);
    const load = ['-R', String(CLIENTS), '-n', String(CLIENTS), '-n', String(CLIENTS), '-r', String(RATE)];
    const before = cpuSeconds(await server.pids());
    // Its exit code tells of drops, which are no failure of the run.
    const { stdout, stderr } = await clients.run([program, '-4', '-l', device, ...load, ...REPORT]);
    const cpu = cpuSeconds(await server.pids()) - before;
    const { completed, seconds } = readPerfdhcpReport(stdout);
    if (completed === 0)
      throw new Error(`perfdhcp had no exchange with ${contestant.name}: ${stderr.slice(0, MAX_REASON)}`);
    return { rate: completed / seconds, cpu: (cpu * 1e6) / completed, completed };
  } finally {
    await server.stop();
  }
}
