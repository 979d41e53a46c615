import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { fromLatin1 } from '../../../src/base/text.ts';
import type { Files } from '../../../src/port/files.ts';
import type { JournaledMailStore } from '../../../src/service/mail-store/mail-store.ts';
import { FakeRandom } from '../../fake/fake-random.ts';
import { FaultyFiles, PowerCutError } from '../../fake/faulty-files.ts';
import { MemoryFiles } from '../../fake/memory-files.ts';
import { mail, openStore } from './post-office.ts';

const USERS = ['ann', 'bob', 'eva'] as const;
type User = (typeof USERS)[number];

type Step =
  | { readonly kind: 'deliver'; readonly size: number; readonly users: readonly User[] }
  | { readonly kind: 'remove'; readonly user: User; readonly every: number }
  | { readonly kind: 'restart' };

/** What may be in a mailbox: certain, gone, or either. */
type Presence = 'there' | 'gone' | 'open';

/** What the history so far promises of every message and user. */
class Promises {
  readonly #presence = new Map<string, Map<string, Presence>>();
  /** Which message each uid stands for, for ever. */
  readonly #uids = new Map<string, string>();
  #count = 0;

  async run(files: Files, steps: readonly Step[]): Promise<void> {
    let store = await openStore(files);
    for (const step of steps) {
      if (step.kind === 'restart') {
        await store.close();
        store = await openStore(files);
      } else if (step.kind === 'deliver') await this.#deliver(store, step.size, step.users);
      else await this.#remove(store, step.user, step.every);
    }
    await store.close();
  }

  async #deliver(store: JournaledMailStore, size: number, users: readonly User[]): Promise<void> {
    this.#count += 1;
    const name = `m${this.#count}:${size}`;
    const presence = new Map<string, Presence>(users.map((user) => [user, 'open']));
    this.#presence.set(name, presence);
    const isStored = await succeeds(store.deliver({ sender: '', users }, mail(name)));
    if (isStored) for (const user of users) presence.set(user, 'there');
  }

  async #remove(store: JournaledMailStore, user: User, every: number): Promise<void> {
    const drop = await store.open(user);
    assert.ok(drop !== undefined);
    const chosen = drop.messages.filter((_, index) => index % every === 0).map((message) => message.uid);
    const names = chosen.map((uid) => this.#uids.get(`${user} ${uid}`) ?? '');
    // A message delivered in this run is known by what it says.
    for (const [index, uid] of chosen.entries()) names[index] ||= nameOf(await drop.read(uid));
    for (const name of names) this.#presence.get(name)?.set(user, 'open');
    const isRemoved = await succeeds(drop.remove(chosen));
    if (isRemoved) for (const name of names) this.#presence.get(name)?.set(user, 'gone');
    drop.close();
  }

  /** Compares a store with the promises; what was open is settled by what is found. */
  async check(files: Files, story: string): Promise<void> {
    const store = await openStore(files);
    const found = new Map<string, Set<string>>();
    for (const user of USERS) found.set(user, await this.#read(store, user, story));
    for (const [name, presence] of this.#presence) {
      for (const [user, wanted] of presence) {
        const isThere = found.get(user)?.has(name) === true;
        assert.ok(
          wanted === 'open' || isThere === (wanted === 'there'),
          `${name} of ${user} is ${wanted}: ${story}`,
        );
      }
    }
  }

  async #read(store: JournaledMailStore, user: User, story: string): Promise<Set<string>> {
    const drop = await store.open(user);
    const names = new Set<string>();
    for (const { uid, size } of drop?.messages ?? []) {
      const content = (await drop?.read(uid)) ?? new Uint8Array();
      const name = nameOf(content);
      assert.deepEqual(content, mail(name), story);
      assert.equal(size, content.length, story);
      assert.ok(!names.has(name), `${name} of ${user} is there twice: ${story}`);
      assert.ok(this.#presence.get(name)?.has(user), `${name} was never sent to ${user}: ${story}`);
      assert.equal(this.#uids.get(`${user} ${uid}`) ?? name, name, `${uid} was another message: ${story}`);
      this.#uids.set(`${user} ${uid}`, name);
      names.add(name);
    }
    drop?.close();
    return names;
  }
}

function nameOf(content: Uint8Array): string {
  return /^Subject: (\S+)\r\n/.exec(fromLatin1(content))?.[1] ?? '';
}

async function succeeds(work: Promise<void>): Promise<boolean> {
  try {
    await work;
    return true;
  } catch (error) {
    if (error instanceof PowerCutError) throw error;
    return false;
  }
}

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

const deliver = (size: number, ...users: readonly User[]): Step => ({ kind: 'deliver', size, users });
const remove = (user: User, every = 1): Step => ({ kind: 'remove', user, every });

const SCRIPT: readonly Step[] = [
  deliver(500, 'ann', 'bob'),
  deliver(9000, 'bob', 'eva'),
  deliver(3000, 'bob'),
  remove('ann'),
  deliver(5000, 'ann', 'bob', 'eva'),
  remove('bob', 2),
  { kind: 'restart' },
  deliver(5000, 'eva'),
  deliver(100, 'bob'),
  remove('eva'),
  deliver(7000, 'ann'),
  remove('bob'),
];

test('a power cut at every step, and again in recovery: acknowledged mail is there once, removed mail stays removed', async () => {
  for (let cutAt = 1, isDone = false; !isDone; cutAt++) {
    for (let seed = 0; seed < 6; seed++) {
      const story = `cut at ${cutAt}, seed ${seed}`;
      const [promises, random] = [new Promises(), new FakeRandom(cutAt * 100 + seed)];
      const files = new FaultyFiles(new MemoryFiles(), { cutAt });
      isDone = await attempt(promises, files, SCRIPT);
      const second = new FaultyFiles(files.afterPowerCut(random), { cutAt: 1 + random.below(24) });
      await attempt(promises, second, [remove('ann', 2), deliver(8000, 'ann'), remove('bob')]);
      const disk = second.afterPowerCut(random);
      await promises.check(disk, story);
      await promises.check(disk, `${story}, once more`);
    }
  }
});

for (const errno of ['ENOSPC', 'EIO'] as const) {
  test(`${errno} at every step refuses what it hits and harms nothing else`, async () => {
    for (let from = 8, isLast = false; !isLast; from++) {
      for (const count of [1, 2, 4]) {
        const story = `${errno} at ${from} for ${count}`;
        const promises = new Promises();
        const files = new FaultyFiles(new MemoryFiles(), { refuse: { from, count, errno } });
        const steps = SCRIPT.filter((step) => step.kind !== 'restart');
        await attempt(promises, files, steps);
        isLast = from > files.steps;
        await promises.check(files.afterPowerCut(new FakeRandom(from)), story);
      }
    }
  });
}

const users = fc.subarray([...USERS], { minLength: 1 });
const arbitraryStep: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('deliver' as const),
      size: fc.integer({ min: 20, max: 8000 }),
      users,
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
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('restart' as const) }) },
);

test('generated mail histories through three power cuts: acknowledged mail is there once, removed mail stays removed', async () => {
  const history = fc.array(arbitraryStep, { minLength: 10, maxLength: 40 });
  await fc.assert(
    fc.asyncProperty(history, fc.integer({ min: 8, max: 120 }), fc.integer(), async (steps, cutAt, seed) => {
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
