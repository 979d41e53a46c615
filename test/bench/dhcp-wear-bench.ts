import assert from 'node:assert/strict';
import { readFileSync, readdirSync, statSync, statfsSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import process from 'node:process';
import { UserError } from '../../src/base/errors.ts';
import { Lab } from '../lab/lab.ts';
import { outputOf } from '../lab/run-command.ts';
import { waitFor } from '../lab/wait-for.ts';
import type { DhcpLoadResult, LeaseOf } from './dhcp-load-settings.ts';
import { macOf } from './dhcp-frames.ts';
import {
  type DhcpContestant,
  type DhcpServerUnderLoad,
  dnsmasqDhcp,
  gatepostDhcp,
  runGenerator,
} from './dhcp-servers.ts';
import { type DhcpStand, makeDhcpWire } from './dhcp-wire.ts';
import type { Figure } from './figure.ts';

const CLIENTS = 250;
const AT_A_TIME = 32;
const HOUR = 3_600_000;
const TMPFS = 0x0102_1994;

/** How often a client renews in a day: at half of the lease's time (RFC 2131 section 4.4.5). */
interface Day {
  readonly leaseTime: string;
  readonly renewals: number;
}
const DAYS: readonly Day[] = [
  { leaseTime: '12h', renewals: 4 },
  { leaseTime: '1h', renewals: 48 },
];

interface Wear {
  readonly bytes: number;
  readonly filesChanged: number;
}

/** What the renewals of 250 clients write in a day. Our clock is put forward; a peer's is not, it writes at each renewal anyway. */
export async function dhcpWearBench(): Promise<readonly Figure[]> {
  await using lab = new Lab();
  if (statfsSync(lab.directory).type === TMPFS)
    throw new UserError(
      `Cannot count bytes written: ${lab.directory} is in memory, a file system on a disk is wanted`,
    );
  const wire = await makeDhcpWire(lab);
  const figures: Figure[] = [];
  for (const day of DAYS) {
    const ours = await wearOfDay(gatepostDhcp(wire.ours, clockOf(day)), day);
    const dnsmasq = await wearOfDay(dnsmasqDhcp(wire.peers, ['no-ping']), day);
    const name = `${CLIENTS} clients, lease ${day.leaseTime}, ${CLIENTS * day.renewals} renewals`;
    const figure = (what: string, unit: string, value: (wear: Wear) => number): Figure => ({
      bench: 'dhcp wear',
      name: `${name}: ${what}`,
      unit,
      ours: [value(ours)],
      peers: { dnsmasq: [value(dnsmasq)] },
    });
    figures.push(figure('written', 'KiB', ({ bytes }) => bytes / 1024));
    figures.push(figure('files changed', '', ({ filesChanged }) => filesChanged));
  }
  return figures;
}

function clockOf({ renewals }: Day): string[] {
  const program = pathToFileURL(join(import.meta.dirname, 'dhcp-jump-clock.ts'));
  return ['--import', `${program.href}?step=${(24 * HOUR) / renewals}`];
}

async function wearOfDay(contestant: DhcpContestant, { leaseTime, renewals }: Day): Promise<Wear> {
  const server = await contestant.start(leaseTime);
  const { stand } = server;
  const load = { outstanding: AT_A_TIME, rate: null, seconds: null, clients: CLIENTS };
  allDone(await runGenerator(stand, 'acquire', load));
  await knowClients(stand);
  const before = await settled(server);
  for (let round = 0; round < renewals; round += 1) {
    await pass(server);
    allDone(await runGenerator(stand, 'renew', load));
  }
  const after = await settled(server);
  await server.stop();
  const changed = [...after.files].filter(([path, mark]) => before.files.get(path) !== mark);
  return { bytes: after.bytes - before.bytes, filesChanged: changed.length };
}

function allDone({ completed, refused, dropped }: DhcpLoadResult): void {
  assert.deepEqual({ completed, refused, dropped }, { completed: CLIENTS, refused: 0, dropped: 0 });
}

/** The made-up clients answer no ARP; a peer that sends by the kernel's stack is told where they are. */
async function knowClients({ namespace, leases }: DhcpStand): Promise<void> {
  const all = JSON.parse(readFileSync(leases, 'utf8')) as readonly LeaseOf[];
  const lines = all.map(([index, address]) => {
    const dotted = [24, 16, 8, 0].map((shift) => (address >>> shift) & 255).join('.');
    const mac = Buffer.from(macOf(index)).toString('hex').match(/../g)?.join(':');
    return `neigh replace ${dotted} lladdr ${mac} dev lan0 nud permanent\n`;
  });
  await outputOf(['ip', '-n', namespace.kernelName, '-batch', '-'], { input: lines.join('') });
}

/** Time goes by until the clients renew: a step of the box's clock, or for a peer the next second, by which it tells leases apart. */
async function pass({ box }: DhcpServerUnderLoad): Promise<void> {
  if (box === undefined) {
    const begun = Math.floor(Date.now() / 1000);
    await waitFor('the next second', () => Math.floor(Date.now() / 1000) > begun);
    return;
  }
  const { uptimeMs } = await box.status();
  const pid = (await box.rolePids()).get('net');
  if (pid === undefined) throw new Error('Cannot put the clock forward: the role net is not running');
  process.kill(pid, 'SIGUSR2');
  await waitFor('the step of the clock', async () => (await box.status()).uptimeMs > uptimeMs + HOUR / 4);
}

interface Mark {
  readonly bytes: number;
  /** Size and time of change of every file. */
  readonly files: ReadonlyMap<string, string>;
}

/** What was written until now, once nothing more comes. */
async function settled(server: DhcpServerUnderLoad): Promise<Mark> {
  let last = -1;
  const bytes = await waitFor('the end of all writing', async () => {
    const now = (await server.pids()).reduce((sum, pid) => sum + writtenBy(pid), 0);
    const same = now === last;
    last = now;
    return same ? [now] : undefined;
  });
  return { bytes: bytes[0] ?? 0, files: new Map(server.files.flatMap(marksBelow)) };
}

/** Bytes that a process had written to the disk's file systems, all its threads together (proc_pid_io(5)). */
function writtenBy(pid: number): number {
  return Number(/^write_bytes: (\d+)$/m.exec(readFileSync(`/proc/${pid}/io`, 'utf8'))?.[1] ?? 0);
}

function marksBelow(path: string): [string, string][] {
  const stat = statSync(path);
  if (stat.isDirectory()) return readdirSync(path).flatMap((name) => marksBelow(join(path, name)));
  return [[path, `${stat.size} ${stat.mtimeMs}`]];
}
