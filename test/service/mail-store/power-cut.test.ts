import { test } from 'node:test';
import fc from 'fast-check';
import type { Files } from '../../../src/port/files.ts';
import { FakeRandom } from '../../fake/fake-random.ts';
import { FaultyFiles, PowerCutError } from '../../fake/faulty-files.ts';
import { MemoryFiles } from '../../fake/memory-files.ts';
import { type Delivery, Promises, type QueueAction, type Step, USERS, type User } from './promises.ts';

/** True if the history came to its end. */
async function attempt(promises: Promises, files: Files, steps: readonly Step[]): Promise<boolean> {
  try {
    await promises.run(files, steps);
    return true;
  } catch (error) {
    if (!(error instanceof PowerCutError)) throw error;
    return false;
  }
}

const deliver = (size: number, ...users: readonly User[]): Delivery => ({
  kind: 'deliver',
  size,
  users,
  remote: 0,
});
const send = (size: number, remote: number, ...users: readonly User[]): Delivery => ({
  kind: 'deliver',
  size,
  users,
  remote,
});
const remove = (user: User, every = 1): Step => ({ kind: 'remove', user, every });
const queue = (action: QueueAction, every = 1): Step => ({ kind: 'queue', action, every });
const read = (user: User, every = 1): Step => ({ kind: 'read', user, every });
const RESTART: Step = { kind: 'restart' };

const MAILBOXES: readonly Step[] = [
  deliver(500, 'ann', 'bob'),
  deliver(9000, 'bob', 'eva'),
  deliver(3000, 'bob'),
  remove('ann'),
  deliver(5000, 'ann', 'bob', 'eva'),
  remove('bob', 2),
  RESTART,
  deliver(5000, 'eva'),
  deliver(100, 'bob'),
  remove('eva'),
  deliver(7000, 'ann'),
  remove('bob'),
];

const QUEUE: readonly Step[] = [
  send(500, 3, 'ann'),
  send(9000, 2),
  queue('attempt'),
  queue('defer', 2),
  { kind: 'burst', deliveries: [send(4000, 1), send(300, 2, 'bob'), deliver(2000, 'eva')] },
  queue('hold', 3),
  queue('end', 2),
  remove('ann'),
  RESTART,
  queue('attempt'),
  queue('bounce', 2),
  send(5000, 1, 'eva'),
  queue('release'),
  { kind: 'compact' },
  remove('eva', 2),
  queue('end'),
];

const READS: readonly Step[] = [
  deliver(5000, 'ann', 'bob'),
  deliver(5000, 'bob'),
  deliver(9000, 'bob'),
  read('bob', 2),
  deliver(5000, 'ann'),
  read('bob'),
  remove('ann'),
  RESTART,
  read('bob'),
  remove('bob', 2),
  { kind: 'compact' },
  deliver(5000, 'bob'),
  remove('bob', 2),
  read('bob'),
];

const SCRIPTS = { mailboxes: MAILBOXES, queue: QUEUE, reads: READS } as const;

for (const [name, script] of Object.entries(SCRIPTS)) {
  test(`${name}: a power cut at every step, and again in recovery: acknowledged mail is there once, removed mail stays removed`, async () => {
    for (let cutAt = 1, isDone = false; !isDone; cutAt++) {
      for (let seed = 0; seed < 4; seed++) {
        const story = `cut at ${cutAt}, seed ${seed}`;
        const [promises, random] = [new Promises(), new FakeRandom(cutAt * 100 + seed)];
        const files = new FaultyFiles(new MemoryFiles(), { cutAt });
        isDone = await attempt(promises, files, script);
        const second = new FaultyFiles(files.afterPowerCut(random), { cutAt: 1 + random.below(24) });
        const after = [
          remove('ann', 2),
          queue('attempt', 2),
          send(8000, 1, 'ann'),
          remove('bob'),
          queue('end'),
        ];
        await attempt(promises, second, after);
        const disk = second.afterPowerCut(random);
        await promises.check(disk, story);
        await promises.check(disk, `${story}, once more`);
      }
    }
  });

  for (const errno of ['ENOSPC', 'EIO'] as const) {
    test(`${name}: ${errno} at every step refuses what it hits and harms nothing else`, async () => {
      for (let from = 8, isLast = false; !isLast; from++) {
        for (const count of [1, 2, 4]) {
          const story = `${errno} at ${from} for ${count}`;
          const promises = new Promises();
          const files = new FaultyFiles(new MemoryFiles(), { refuse: { from, count, errno } });
          const steps = script.filter((step) => step.kind !== 'restart');
          await attempt(promises, files, steps);
          isLast = from > files.steps;
          await promises.check(files.afterPowerCut(new FakeRandom(from)), story);
        }
      }
    });
  }
}

const arbitraryDelivery: fc.Arbitrary<Delivery> = fc
  .record({
    kind: fc.constant('deliver' as const),
    size: fc.integer({ min: 20, max: 8000 }),
    users: fc.subarray([...USERS]),
    remote: fc.integer({ min: 0, max: 3 }),
  })
  .filter(({ users, remote }) => users.length + remote > 0);
const arbitraryStep: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: arbitraryDelivery },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('burst' as const),
      deliveries: fc.array(arbitraryDelivery, { minLength: 2, maxLength: 5 }),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('remove' as const),
      user: fc.constantFrom(...USERS),
      every: fc.integer({ min: 1, max: 3 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('read' as const),
      user: fc.constantFrom(...USERS),
      every: fc.integer({ min: 1, max: 3 }),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('queue' as const),
      action: fc.constantFrom<QueueAction>('attempt', 'defer', 'end', 'bounce', 'hold', 'release'),
      every: fc.integer({ min: 1, max: 3 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('compact' as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('restart' as const) }) },
);

test('generated histories of the office through three power cuts: acknowledged mail is there once, what has ended stays so', async () => {
  const history = fc.array(arbitraryStep, { minLength: 10, maxLength: 40 });
  await fc.assert(
    fc.asyncProperty(history, fc.integer({ min: 8, max: 160 }), fc.integer(), async (steps, cutAt, seed) => {
      const [promises, random] = [new Promises(), new FakeRandom(seed)];
      let disk = new MemoryFiles();
      for (let life = 0; life < 3; life++) {
        const files = new FaultyFiles(disk, { cutAt: cutAt + random.below(20) });
        await attempt(promises, files, steps);
        disk = files.afterPowerCut(random);
        await promises.check(disk, `life ${life}`);
      }
    }),
    { seed: 5, numRuns: 100 },
  );
});
