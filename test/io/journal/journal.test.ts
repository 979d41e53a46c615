import assert from 'node:assert/strict';
import { test } from 'node:test';
import { crc32 } from 'node:zlib';
import { InvariantError, KernelError, UserError } from '../../../src/base/errors.ts';
import { fromUtf8 } from '../../../src/base/text.ts';
import { DamagedRecordError } from '../../../src/io/journal/damaged-record-error.ts';
import { FaultyFiles } from '../../fake/faulty-files.ts';
import { MemoryFiles } from '../../fake/memory-files.ts';
import { Notebook, PAGE, body, note } from './notebook.ts';

const FIRST = 'log/note-00000001.log';

async function bytesOf(files: MemoryFiles, path = FIRST): Promise<Uint8Array> {
  const bytes = await files.read(path);
  assert.ok(bytes !== undefined);
  return bytes;
}

/** The same disk with some bytes of one file changed. */
async function damaged(files: MemoryFiles, path: string, at: number): Promise<MemoryFiles> {
  const content = new Map([...files.names.current].map(([name, inode]) => [name, inode.current.slice()]));
  content.get(path)?.fill(0xaa, at, at + 4);
  return new MemoryFiles(content);
}

test('openJournal() replays what append() acknowledged, in order, and read() yields it', async () => {
  const files = new MemoryFiles();
  const book = await Notebook.open(files);
  await book.put('a:10', 'b:5000');
  await book.put('c:1');
  const again = await Notebook.open(files);
  assert.deepEqual([...again.notes], [...book.notes]);
  assert.deepEqual([...again.notes.keys()], ['a:10', 'b:5000', 'c:1']);
  for (const name of again.notes.keys()) assert.equal(await again.get(name), fromUtf8(body(name)));
  assert.deepEqual(again.damage, []);
});

test('append() resolves with the position of each record', async () => {
  const book = await Notebook.open(new MemoryFiles());
  const [first, second] = await Promise.all([
    book.journal.append([note('a:1'), note('b:1')]),
    book.journal.append([note('c:1')]),
  ]);
  assert.deepEqual([...first, ...second], [...book.notes.values()]);
});

test('append() makes one batch of what comes while another is being synced', async () => {
  const files = new FaultyFiles(new MemoryFiles());
  const book = await Notebook.open(files, 1000 * PAGE);
  await book.put('first:1');
  const before = files.steps;
  await Promise.all(Array.from({ length: 50 }, (_, index) => book.put(`n${index}:10`)));
  assert.equal(files.steps - before, 2, 'one write and one sync');
  const one = book.put('x:1');
  await Promise.resolve();
  await Promise.resolve();
  await Promise.all([one, ...Array.from({ length: 50 }, (_, index) => book.put(`m${index}:10`))]);
  assert.equal(files.steps - before, 6, 'two more batches');
});

test('a journal that is opened, read and closed writes nothing', async () => {
  const disk = new MemoryFiles();
  const book = await Notebook.open(disk);
  await book.put('a:1');
  await book.journal.close();
  const before = await bytesOf(disk);
  const again = await Notebook.open(disk);
  await again.get('a:1');
  await again.journal.close();
  assert.deepEqual(await bytesOf(disk), before);
  assert.deepEqual(await disk.list('log'), ['note-00000001.log']);
});

test('append() begins a new segment when the last is full and never writes to an old one', async () => {
  const files = new MemoryFiles();
  const book = await Notebook.open(files, 3 * PAGE);
  for (const name of ['a:1', 'b:1', 'c:1', 'd:20000', 'e:1']) await book.put(name);
  assert.deepEqual(
    book.journal.segments().map(({ number, size }) => [number, size]),
    [
      [1, 3 * PAGE],
      [2, 2 * PAGE],
      [3, 6 * PAGE],
      [4, 2 * PAGE],
    ],
  );
  const again = await Notebook.open(files, 3 * PAGE);
  assert.deepEqual([...again.notes.keys()], ['a:1', 'b:1', 'c:1', 'd:20000', 'e:1']);
});

test('recovery cuts a torn tail and goes on in a fresh segment', async () => {
  const files = new MemoryFiles();
  const book = await Notebook.open(files);
  await book.put('a:1');
  const whole = await bytesOf(files);
  await book.put('b:1', 'c:1');
  const torn = new MemoryFiles(new Map([[FIRST, (await bytesOf(files)).slice(0, 2 * PAGE + 60)]]));
  const again = await Notebook.open(torn);
  assert.deepEqual([...again.notes.keys()], ['a:1']);
  assert.deepEqual(again.damage, []);
  assert.deepEqual(await bytesOf(torn), whole);
  await again.put('d:1');
  assert.deepEqual(await bytesOf(torn), whole);
  assert.deepEqual([...(await Notebook.open(torn)).notes.keys()], ['a:1', 'd:1']);
});

test('recovery reports a damaged record, serves the others and appends to a fresh segment', async () => {
  const files = new MemoryFiles();
  const book = await Notebook.open(files);
  for (const name of ['a:100', 'b:100', 'c:100']) await book.put(name);
  const disk = await damaged(files, FIRST, 2 * PAGE + 60);
  const again = await Notebook.open(disk);
  assert.deepEqual([...again.notes.keys()], ['a:100', 'b:100', 'c:100']);
  assert.deepEqual(again.unreadable, ['b:100']);
  assert.deepEqual(again.damage, [{ path: FIRST, offset: 2 * PAGE, length: 144 }]);
  await assert.rejects(again.get('b:100'), DamagedRecordError);
  assert.equal(await again.get('c:100'), fromUtf8(body('c:100')));
  const before = await bytesOf(disk);
  await again.put('d:1');
  assert.deepEqual(await bytesOf(disk), before);
});

test('a damaged segment is never removed by compaction', async () => {
  const files = new MemoryFiles();
  const book = await Notebook.open(files, 3 * PAGE);
  for (const name of ['a:1', 'b:1', 'c:1', 'd:1', 'e:1']) await book.put(name);
  const again = await Notebook.open(await damaged(files, FIRST, PAGE + 2), 3 * PAGE);
  assert.deepEqual([...again.notes.keys()], ['b:1', 'c:1', 'd:1', 'e:1']);
  assert.deepEqual(
    again.journal.segments().map((segment) => segment.isCompactable),
    [false, true, false],
  );
  assert.equal(await again.journal.compact(1, () => undefined), false);
});

test('compact() that meets damage copies nothing and leaves the segment', async () => {
  const files = new MemoryFiles();
  const book = await Notebook.open(files, 3 * PAGE);
  for (const name of ['a:1', 'b:1', 'c:1']) await book.put(name);
  files.names.current.get(FIRST)?.current.fill(0xaa, PAGE, PAGE + 4);
  assert.equal(await book.compactOldest(), false);
  assert.equal(book.damage.length, 1);
  assert.deepEqual(await files.list('log'), ['note-00000001.log', 'note-00000002.log']);
  assert.equal(await book.get('b:1'), fromUtf8(body('b:1')));
});

test('read() notices damage that came after the start', async () => {
  const files = new MemoryFiles();
  const book = await Notebook.open(files);
  await book.put('a:100', 'b:100');
  files.names.current.get(FIRST)?.current.fill(0, PAGE + 60, PAGE + 64);
  await assert.rejects(book.get('a:100'), DamagedRecordError);
  assert.equal(book.damage.length, 1);
  assert.equal(await book.get('b:100'), fromUtf8(body('b:100')));
});

test('compact() copies what is wanted to the end, removes the segment and keeps every note readable', async () => {
  const files = new MemoryFiles();
  const book = await Notebook.open(files, 3 * PAGE);
  for (const name of ['a:1', 'b:1', 'c:1', 'd:1', 'e:1']) await book.put(name);
  book.struck.add('a:1');
  const reading = book.get('b:1');
  assert.equal(await book.compactOldest(), true);
  assert.equal(await reading, fromUtf8(body('b:1')));
  const left = ['note-00000002.log', 'note-00000003.log', 'note-00000004.log'];
  assert.deepEqual(await files.list('log'), left);
  const again = await Notebook.open(files, 3 * PAGE);
  assert.deepEqual([...again.notes.keys()], ['c:1', 'd:1', 'e:1', 'b:1']);
  for (const name of again.notes.keys()) assert.equal(await again.get(name), fromUtf8(body(name)));
});

test('compact() asks for a record when all that stands before the copy was applied', async () => {
  const book = await Notebook.open(new MemoryFiles(), 40 * PAGE);
  for (const name of ['a:70000', 'b:70000', 'c:70000', 'd:70000']) await book.put(name);
  const known: string[] = [];
  const writers: Promise<void>[] = [];
  const writing = (async () => {
    for (let index = 0; index < 100; index++) {
      writers.push(book.put(`w${index}:1`));
      await Promise.resolve();
    }
  })();
  await book.journal.compact(1, ({ type, header, payload }) => {
    known.splice(0, Infinity, ...book.notes.keys());
    return { type, header, payload };
  });
  await writing;
  await Promise.all(writers);
  const rank = (name: string): number => {
    const { segment, offset } = book.notes.get(name) ?? { segment: 0, offset: 0 };
    return segment * 1e9 + offset;
  };
  const before = [...book.notes.keys()].filter((name) => rank(name) < rank('a:70000'));
  assert.ok(before.some((name) => name.startsWith('w')) && before.length < book.notes.size - 1);
  assert.deepEqual(
    before.filter((name) => !known.includes(name)),
    [],
  );
});

test('compact() whose removal could not be made durable is done by the next call', async () => {
  const disk = new MemoryFiles();
  const first = await Notebook.open(disk, 3 * PAGE);
  for (const name of ['a:1', 'b:1', 'c:1']) await first.put(name);
  const steps = { recovery: 4, copy: 2, witness: 2, unlink: 1 };
  const from = steps.recovery + steps.copy + steps.witness + steps.unlink + 1;
  const book = await Notebook.open(new FaultyFiles(disk, { refuse: { from, count: 1, errno: 'EIO' } }));
  await assert.rejects(book.compactOldest(), KernelError);
  assert.deepEqual(await disk.list('log'), ['note-00000002.log']);
  assert.equal(await book.compactOldest(), true);
  assert.deepEqual(
    book.journal.segments().map((segment) => segment.number),
    [2],
  );
});

test('compact() refuses the newest segment, an unknown one and a second run at the same time', async () => {
  const files = new MemoryFiles();
  const book = await Notebook.open(files, 3 * PAGE);
  for (const name of ['a:1', 'b:1', 'c:1']) await book.put(name);
  assert.equal(await book.journal.compact(2, () => undefined), false);
  assert.equal(await book.journal.compact(9, () => undefined), false);
  assert.deepEqual(await Promise.all([book.compactOldest(), book.compactOldest()]), [true, false]);
});

test('reserveSequence() yields no number twice, also after restarts and compaction', async () => {
  const files = new MemoryFiles();
  const numbers: number[] = [];
  for (let round = 0; round < 4; round++) {
    const book = await Notebook.open(files, 2 * PAGE);
    numbers.push(book.journal.reserveSequence(), book.journal.reserveSequence());
    await book.put(`n${round}:1`);
    book.struck.add(`n${round}:1`);
    for (const _ of book.journal.segments()) await book.compactOldest();
  }
  assert.equal(new Set(numbers).size, numbers.length);
});

test('damage to the last batch is reported, not cut as a torn end, when the journal was closed orderly', async () => {
  const files = new MemoryFiles();
  const book = await Notebook.open(files);
  await book.put('a:100');
  await book.put('b:100', 'c:5000');
  const { offset = 0, length = 0 } = book.notes.get('c:5000') ?? {};
  await book.journal.close();
  const whole = await bytesOf(files);
  for (const at of [offset, offset + 60, offset + length]) {
    const again = await Notebook.open(await damaged(files, FIRST, at));
    assert.equal(again.damage.length, 1, `of the octets from ${at}`);
    assert.ok(again.notes.has('a:100') && again.notes.has('b:100'));
  }
  const unharmed = await Notebook.open(await damaged(files, FIRST, whole.length - PAGE));
  assert.deepEqual([[...unharmed.notes.keys()], unharmed.damage], [[...book.notes.keys()], []]);
});

test('a journal that is opened and closed again and again gets one batch that proves its end, no more', async () => {
  const files = new MemoryFiles();
  const book = await Notebook.open(files);
  await book.put('a:1');
  await book.journal.close();
  const { length } = await bytesOf(files);
  for (let round = 0; round < 3; round++) await (await Notebook.open(files)).journal.close();
  assert.equal((await bytesOf(files)).length, length);
  const again = await Notebook.open(files);
  await again.put('b:1');
  await again.journal.close();
  assert.equal((await bytesOf(files)).length, length + 2 * PAGE);
});

test('compact() proves its copies before it removes what they are copies of', async () => {
  const files = new MemoryFiles();
  const book = await Notebook.open(files, 5 * PAGE);
  for (const name of ['a:1', 'b:12000', 'c:1']) await book.put(name);
  book.struck.add('b:12000');
  assert.equal(await book.compactOldest(), true);
  const { segment = 0, offset = 0 } = book.notes.get('a:1') ?? {};
  assert.equal(segment, 2);
  // The power goes, and the card damages what was written last.
  const again = await Notebook.open(await damaged(files, 'log/note-00000002.log', offset));
  assert.equal(again.damage.length, 1);
});

test('append() rejects with ENOSPC on a full disk, harms nothing and succeeds when there is room', async () => {
  const files = new MemoryFiles();
  const book = await Notebook.open(files);
  await book.put('a:1');
  files.capacity = 3 * PAGE + 100;
  const isFull = (error: unknown): boolean => error instanceof KernelError && error.errno === 'ENOSPC';
  await assert.rejects(book.put('b:9000'), isFull);
  await assert.rejects(book.put('c:9000'), isFull);
  assert.deepEqual([...(await Notebook.open(files)).notes.keys()], ['a:1']);
  files.capacity = 100 * PAGE;
  await book.put('d:1');
  assert.deepEqual([...book.notes.keys()], ['a:1', 'd:1']);
  const again = await Notebook.open(files);
  assert.deepEqual([...again.notes.keys()], ['a:1', 'd:1']);
  assert.deepEqual(again.damage, []);
});

test('append() refuses with ENOBUFS when too much is waiting', async () => {
  const book = await Notebook.open(new MemoryFiles());
  const large = { type: 1, header: new Uint8Array(), payload: new Uint8Array(40 * 1024 * 1024) };
  const waiting = book.journal.append([large]);
  await assert.rejects(
    book.journal.append([large]),
    (error) => error instanceof KernelError && error.errno === 'ENOBUFS',
  );
  await waiting;
});

test('close() waits for what was appended; later calls are our own bug', async () => {
  const files = new MemoryFiles();
  const book = await Notebook.open(files);
  const waiting = book.put('a:1');
  await book.journal.close();
  await waiting;
  await assert.rejects(book.put('b:1'), InvariantError);
  assert.deepEqual([...(await Notebook.open(files)).notes.keys()], ['a:1']);
});

test('openJournal() refuses a format it does not know and touches nothing', async () => {
  const files = new MemoryFiles();
  const book = await Notebook.open(files);
  await book.put('a:1');
  const bytes = await bytesOf(files);
  bytes[9] = 2;
  new DataView(bytes.buffer).setUint32(60, crc32(bytes.subarray(0, 60)));
  const newer = new MemoryFiles(new Map([[FIRST, bytes]]));
  await assert.rejects(
    Notebook.open(newer),
    (error) =>
      error instanceof UserError && /it has format 2, and this program knows format 1/.test(error.message),
  );
  assert.deepEqual(await bytesOf(newer), bytes);
});

test('a segment that is empty now is reported when the next one knows it, and stays; one that never was is removed', async () => {
  const files = new MemoryFiles();
  const book = await Notebook.open(files, 2 * PAGE);
  for (const name of ['a:1', 'b:1', 'c:1']) await book.put(name);
  await book.journal.close();
  for (const length of [0, 100]) {
    const content = new Map([...files.names.current].map(([name, inode]) => [name, inode.current.slice()]));
    content.set('log/note-00000002.log', new Uint8Array(length));
    const disk = new MemoryFiles(content);
    for (let round = 0; round < 2; round++) {
      const again = await Notebook.open(disk, 2 * PAGE);
      assert.deepEqual([...again.notes.keys()], ['a:1', 'c:1']);
      assert.deepEqual(again.damage, [{ path: 'log/note-00000002.log', offset: 0, length }]);
      await again.journal.close();
    }
  }
  const content = new Map([...files.names.current].map(([name, inode]) => [name, inode.current.slice()]));
  content.set('log/note-00000009.log', new Uint8Array(100));
  const disk = new MemoryFiles(content);
  const again = await Notebook.open(disk, 2 * PAGE);
  assert.deepEqual([[...again.notes.keys()], again.damage], [['a:1', 'b:1', 'c:1'], []]);
  assert.equal((await disk.list('log')).includes('note-00000009.log'), false);
});

test('a segment whose head is lost in both copies is reported whole and the others are served', async () => {
  const files = new MemoryFiles();
  const book = await Notebook.open(files, 2 * PAGE);
  for (const name of ['a:1', 'b:1', 'c:1']) await book.put(name);
  const disk = await damaged(await damaged(files, FIRST, 0), FIRST, PAGE / 2);
  const again = await Notebook.open(disk, 2 * PAGE);
  assert.deepEqual([...again.notes.keys()], ['b:1', 'c:1']);
  assert.deepEqual(again.damage, [{ path: FIRST, offset: 0, length: 2 * PAGE }]);
});
