import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { fromUtf8 } from '../../../src/base/text.ts';
import { FakeRandom } from '../../fake/fake-random.ts';
import { FaultyFiles, PowerCutError } from '../../fake/faulty-files.ts';
import { MemoryFiles } from '../../fake/memory-files.ts';
import { Notebook, PAGE, body } from './notebook.ts';

/** A step of a history: batches appended at once, a compaction with every second note struck out, or a restart of the program. */
type Step = { readonly batches: readonly (readonly string[])[] } | 'compact' | 'restart';

/** What a history has come to. */
class Ledger {
  readonly acknowledged = new Set<string>();
  readonly attempted: (readonly string[])[] = [];
  /** Notes that a compaction may have dropped. */
  readonly struck = new Set<string>();
  readonly segmentSize: number;

  constructor(segmentSize: number) {
    this.segmentSize = segmentSize;
  }

  async run(files: FaultyFiles, steps: readonly Step[]): Promise<Notebook> {
    let book = await Notebook.open(files, this.segmentSize, true);
    for (const step of steps) {
      if (step === 'restart') book = await Notebook.open(files, this.segmentSize, true);
      else if (step === 'compact') await this.#compact(book);
      else await Promise.all(step.batches.map((names) => this.put(book, names)));
    }
    return book;
  }

  async put(book: Notebook, names: readonly string[]): Promise<void> {
    this.attempted.push(names);
    try {
      await book.put(...names);
    } catch (error) {
      if (error instanceof PowerCutError) throw error;
      return;
    }
    for (const name of names) this.acknowledged.add(name);
  }

  async #compact(book: Notebook): Promise<void> {
    for (const [index, name] of [...book.notes.keys()].entries()) {
      if (index % 2 === 0) this.struck.add(name);
    }
    for (const name of this.struck) book.struck.add(name);
    await book.compactOldest().catch((error: unknown) => {
      if (error instanceof PowerCutError) throw error;
    });
  }
}

interface Script {
  readonly segmentSize: number;
  readonly steps: readonly Step[];
}

const MIXED: readonly Step[] = [
  { batches: [['a:10', 'b:3000']] },
  { batches: [['c:10'], ['d:9000', 'e:10'], ['f:1']] },
  'restart',
  { batches: [['g:4096', 'h:1', 'i:700']] },
  'compact',
  { batches: [['j:100'], ['k:100']] },
  'restart',
  'compact',
  { batches: [['l:5000']] },
];

const alone = (...names: readonly string[]): readonly Step[] => names.map((name) => ({ batches: [[name]] }));

/** Short batches one after the other, into the room that those before them have laid; a long one that reaches over its end; segments that fill up. */
const SHORT: readonly Step[] = [
  ...alone('a:10', 'b:10', 'c:4000', 'd:10', 'e:10'),
  'restart',
  ...alone('f:10', 'g:10', 'h:12000', 'i:10', 'j:10', 'k:10'),
  'compact',
  ...alone('l:10', 'm:10', 'n:25000', 'o:10'),
  'compact',
  'restart',
  ...alone('p:10', 'q:10'),
];

const SCRIPTS: Readonly<Record<string, Script>> = {
  'of all kinds': { segmentSize: 4 * PAGE, steps: MIXED },
  'of short batches': { segmentSize: 10 * PAGE, steps: SHORT },
};

/** Runs a history on a disk with faults; true if it came to its end. */
async function attempt(ledger: Ledger, files: FaultyFiles, steps: readonly Step[]): Promise<boolean> {
  try {
    await ledger.run(files, steps);
    return true;
  } catch (error) {
    if (!(error instanceof PowerCutError)) throw error;
    return false;
  }
}

/** Opens the journal on the disk and compares: acknowledged is there once and whole, the rest is there whole or not at all. */
async function verify(ledger: Ledger, disk: MemoryFiles, story: string): Promise<void> {
  const book = await Notebook.open(disk, ledger.segmentSize, true);
  assert.deepEqual(book.damage, [], story);
  for (const name of ledger.acknowledged) {
    assert.ok(book.notes.has(name) || ledger.struck.has(name), `${name} was acknowledged: ${story}`);
  }
  for (const name of book.notes.keys()) assert.equal(await book.get(name), fromUtf8(body(name)), story);
  for (const names of ledger.attempted) {
    const kept = names.filter((name) => !ledger.struck.has(name));
    const there = kept.filter((name) => book.notes.has(name));
    assert.ok(there.length === 0 || there.length === kept.length, `half of ${names.join()}: ${story}`);
  }
}

/** The power goes again while the journal is recovered and compacted; the disk as it is after that. */
async function cutRecovery(disk: MemoryFiles, ledger: Ledger, random: FakeRandom): Promise<MemoryFiles> {
  const files = new FaultyFiles(disk, { cutAt: 1 + random.below(12) });
  await attempt(ledger, files, ['compact', 'compact']);
  return files.afterPowerCut(random);
}

for (const [name, { segmentSize, steps }] of Object.entries(SCRIPTS)) {
  test(`a power cut at every step of a history ${name}, twice over, loses nothing acknowledged and shows nothing half`, async () => {
    for (let cutAt = 1, isDone = false; !isDone; cutAt++) {
      for (let seed = 0; seed < 8; seed++) {
        const [ledger, random] = [new Ledger(segmentSize), new FakeRandom(cutAt * 100 + seed)];
        const files = new FaultyFiles(new MemoryFiles(), { cutAt });
        isDone = await attempt(ledger, files, steps);
        const disk = await cutRecovery(files.afterPowerCut(random), ledger, random);
        await verify(ledger, disk, `cut at ${cutAt}, seed ${seed}`);
      }
    }
  });

  test(`a crash of the program at every step of a history ${name}, then a power cut at the next ones, loses nothing acknowledged`, async () => {
    for (let cutAt = 1, isDone = false; !isDone; cutAt++) {
      for (let later = 1; later <= 8; later++) {
        const [ledger, random] = [new Ledger(segmentSize), new FakeRandom(cutAt * 100 + later)];
        const crashed = new FaultyFiles(new MemoryFiles(), { cutAt });
        isDone = await attempt(ledger, crashed, steps);
        const files = new FaultyFiles(crashed.disk, { cutAt: later * 3 });
        await attempt(ledger, files, [
          { batches: [['y:10'], ['z:5000']] },
          'compact',
          { batches: [['x:1']] },
        ]);
        await verify(ledger, files.afterPowerCut(random), `crash at ${cutAt}, cut ${later * 3} later`);
      }
    }
  });

  for (const errno of ['ENOSPC', 'EIO'] as const) {
    test(`${errno} at every step of a history ${name} rejects what it hits, harms nothing acknowledged and passes`, async () => {
      // The first three steps make the directory; without it there is no journal to append to.
      for (let from = 4, isLast = false; !isLast; from++) {
        for (const count of [1, 2, 3, 5]) {
          const story = `${errno} at ${from} for ${count}`;
          const ledger = new Ledger(segmentSize);
          const files = new FaultyFiles(new MemoryFiles(), { refuse: { from, count, errno } });
          const book = await ledger.run(
            files,
            steps.filter((step) => step !== 'restart'),
          );
          isLast = from > files.steps;
          for (let more = 0; files.steps < from + count; more++) await ledger.put(book, [`more${more}:1`]);
          await ledger.put(book, ['y:10']);
          assert.ok(ledger.acknowledged.has('y:10'), story);
          const kept = [...book.notes.keys()].filter((name) => !ledger.struck.has(name));
          for (const name of kept) assert.equal(await book.get(name), fromUtf8(body(name)), story);
          await verify(ledger, files.afterPowerCut(new FakeRandom(from)), story);
        }
      }
    });
  }
}

const names = fc.integer({ min: 1, max: 6000 });
const arbitraryStep: fc.Arbitrary<'compact' | 'restart' | readonly (readonly number[])[]> = fc.oneof(
  { weight: 5, arbitrary: fc.array(fc.array(names, { minLength: 1, maxLength: 4 }), { maxLength: 4 }) },
  { weight: 1, arbitrary: fc.constant('compact' as const) },
  { weight: 1, arbitrary: fc.constant('restart' as const) },
);

test('generated histories with two power cuts lose nothing acknowledged and show nothing half', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(arbitraryStep, { maxLength: 12 }),
      fc.constantFrom(4 * PAGE, 12 * PAGE),
      fc.integer({ min: 1, max: 60 }),
      fc.integer(),
      async (plan, segmentSize, cutAt, seed) => {
        let count = 0;
        const name = (length: number): string => `n${count++}:${length}`;
        const steps = plan.map((step): Step =>
          typeof step === 'string' ? step : { batches: step.map((batch) => batch.map(name)) },
        );
        const [ledger, random] = [new Ledger(segmentSize), new FakeRandom(seed)];
        const files = new FaultyFiles(new MemoryFiles(), { cutAt });
        await attempt(ledger, files, steps);
        const disk = await cutRecovery(files.afterPowerCut(random), ledger, random);
        await verify(ledger, disk, 'generated');
      },
    ),
    { seed: 7, numRuns: 400 },
  );
});
