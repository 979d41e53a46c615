import assert from 'node:assert/strict';
import { setImmediate as turn } from 'node:timers/promises';
import { parentPort, workerData } from 'node:worker_threads';
import { Hours } from '../../../src/base/duration.ts';
import { verifyMail } from '../../../src/service/mail-store/verify-mail.ts';
import { FakeRandom } from '../../fake/fake-random.ts';
import { FaultyFiles, PowerCutError, afterPowerCut } from '../../fake/faulty-files.ts';
import { type Inode, MemoryFiles, type Names } from '../../fake/memory-files.ts';
import { QUOTA, USERS } from './office-clients.ts';
import { type OfficeEvent, OfficeLedger } from './office-ledger.ts';
import { OfficeLife } from './office-life.ts';
import { viewOffice } from './office-view.ts';
import { openStore } from './post-office.ts';

// One history of the office under power cuts, as a worker thread: node:test follows every promise of its own thread, which would cost most of the time.

const STEPS = 24;
const LIVES = 2;
/** Turns of the event loop that a sync takes: an answer given too soon is with its client by then. */
const SYNC_TURNS = 4;
/** Different disks that one cut may leave. */
const DISKS = 2;

/** The disk after each of its changes, and what was seen between them. */
interface Timeline {
  readonly moments: Names[];
  readonly events: { readonly at: number; readonly event: OfficeEvent }[];
}

/** What a history comes to. */
export interface HistoryReport {
  readonly cuts: number;
  readonly changes: number;
  readonly messages: number;
  readonly duplicates: number;
}

const stats = { cuts: 0, changes: 0, messages: 0, duplicates: 0 };
let names = 0;

/** The same names and files, apart from what becomes of them later. */
function frozen({ current, durable }: Names): Names {
  const copies = new Map<Inode, Inode>();
  const copy = (inode: Inode): Inode => {
    const known = copies.get(inode) ?? { ...inode, pending: [...inode.pending] };
    copies.set(inode, known);
    return known;
  };
  const all = (files: ReadonlyMap<string, Inode>): Map<string, Inode> =>
    new Map([...files].map(([path, inode]) => [path, copy(inode)]));
  return { current: all(current), durable: all(durable) };
}

/** Lets people use the office for a while, and writes down all that happens. */
async function record(disk: MemoryFiles, ledger: OfficeLedger, seed: number): Promise<Timeline> {
  const timeline: Timeline = { moments: [frozen(disk.names)], events: [] };
  const files = new FaultyFiles(disk, {
    onStep: () => void timeline.moments.push(frozen(disk.names)),
    delay: async () => {
      for (let left = SYNC_TURNS; left > 0; left--) await turn();
    },
  });
  const life = await OfficeLife.start({
    files,
    random: new FakeRandom(seed),
    ledger,
    record: (event) => void timeline.events.push({ at: timeline.moments.length - 1, event }),
    newName: () => `m${++names}`,
    activity: () => timeline.moments.length,
  });
  for (let left = STEPS; left > 0; left--) await life.step();
  await life.close();
  return timeline;
}

/** A start on the disk, in which the power may go as well. */
async function cutAgain(disk: MemoryFiles, random: FakeRandom): Promise<MemoryFiles> {
  const files = new FaultyFiles(disk, { cutAt: 1 + random.below(20) });
  try {
    const store = await openStore(files);
    await store.close();
    return disk;
  } catch (error) {
    if (!(error instanceof PowerCutError)) throw error;
    return files.afterPowerCut(random);
  }
}

async function checkDisk(disk: MemoryFiles, ledger: OfficeLedger): Promise<void> {
  const view = await viewOffice(disk, USERS);
  ledger.check(view);
  const octets = view.mails.filter(({ user }) => user === 'kim').map(({ content }) => content.length);
  assert.ok(octets.reduce((all, one) => all + one, 0) <= QUOTA, 'a mailbox is larger than its limit');
  stats.cuts += 1;
  if (stats.cuts % 16 > 0) return;
  const { damage, lost } = await verifyMail(disk);
  assert.deepEqual({ damage, lost }, { damage: [], lost: [] });
  ledger.check(await viewOffice(disk, USERS));
}

interface Branch {
  readonly disk: MemoryFiles;
  readonly ledger: OfficeLedger;
}

/** Cuts the power at every moment; returns where one of the cuts has led. */
async function cutEverywhere(
  { moments, events }: Timeline,
  ledger: OfficeLedger,
  seed: number,
): Promise<Branch> {
  const random = new FakeRandom(seed);
  const branchAt = Math.floor(moments.length / 2) + random.below(Math.floor(moments.length / 2));
  let branch: Branch | undefined;
  let next = 0;
  for (const [at, moment] of moments.entries()) {
    for (; (events[next]?.at ?? Infinity) <= at; next++) {
      const event = events[next]?.event;
      if (event !== undefined) ledger.take(event);
    }
    for (let number = 0; number < DISKS; number++) {
      const first = afterPowerCut(moment, Infinity, random);
      const disk = random.below(4) === 0 ? await cutAgain(first, random) : first;
      try {
        await checkDisk(disk, ledger);
      } catch (error) {
        throw new Error(`The cut after change ${at} of the life with seed ${seed}`, { cause: error });
      }
      if (at === branchAt) branch = { disk, ledger: ledger.fork() };
    }
  }
  assert.ok(branch !== undefined);
  return branch;
}

/** Everybody elsewhere answers: the queue comes to its end, and every errand was run or its sender told. */
async function finish({ disk, ledger }: Branch, seed: number): Promise<void> {
  let changes = 0;
  const files = new FaultyFiles(disk, { onStep: () => void (changes += 1) });
  const life = await OfficeLife.start({
    files,
    random: new FakeRandom(seed),
    ledger,
    record: () => {},
    newName: () => `m${++names}`,
    activity: () => changes,
  });
  life.internet.isGood = true;
  await life.wait(Hours(4), 6);
  assert.deepEqual(life.store.queue.entries(), []);
  for (const user of USERS) await life.fetch(user);
  await life.close();
  ledger.check(await viewOffice(disk, USERS));
}

/** One history: some lives of a box, each of which begins with what a power cut has left of the one before. */
async function live(seed: number): Promise<void> {
  let branch: Branch = { disk: new MemoryFiles(), ledger: new OfficeLedger() };
  for (let life = 0; life < LIVES; life++) {
    const before = branch.ledger;
    const timeline = await record(branch.disk, before.fork(), seed * 10 + life);
    stats.changes += timeline.moments.length;
    branch = await cutEverywhere(timeline, before, seed * 10 + life);
    branch.ledger.resolve(await viewOffice(branch.disk, USERS));
  }
  await finish(branch, seed);
  stats.messages += branch.ledger.size;
  stats.duplicates += branch.ledger.duplicates;
}

await live(workerData as number);
parentPort?.postMessage(stats satisfies HistoryReport, []);
