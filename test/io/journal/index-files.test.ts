import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FaultyFiles } from '../../fake/faulty-files.ts';
import { MemoryFiles } from '../../fake/memory-files.ts';
import { Notebook, PAGE } from './notebook.ts';

const NAMES = ['a:1', 'b:9000', 'c:1', 'd:5000', 'e:1', 'f:700'] as const;
const SEGMENT = 3 * PAGE;
const INDEX = 'log/note-00000001.idx';

/** A disk with some segments of notes, all sealed ones with their index files. */
async function filled(): Promise<MemoryFiles> {
  const files = new MemoryFiles();
  const book = await Notebook.open(files, SEGMENT, true);
  for (const name of NAMES) await book.put(name);
  await book.journal.close();
  return files;
}

async function indexFiles(files: MemoryFiles): Promise<string[]> {
  return (await files.list('log')).filter((name) => name.endsWith('.idx'));
}

async function hasAll(book: Notebook): Promise<void> {
  assert.deepEqual([...book.notes.keys()], NAMES);
  for (const name of NAMES) assert.ok((await book.get(name)).startsWith(name));
}

test('a sealed segment gets an index file, the newest does not', async () => {
  const files = await filled();
  const segments = (await files.list('log')).filter((name) => name.endsWith('.log'));
  const wanted = segments.slice(0, -1).map((name) => name.replace('.log', '.idx'));
  assert.ok(wanted.length > 1);
  assert.deepEqual(await indexFiles(files), wanted);
});

test('an opening reads index files in place of their segments and comes to the same', async () => {
  const files = await filled();
  const read: string[] = [];
  const watching = new Proxy(files, {
    get: (target, key) => {
      const value: unknown = Reflect.get(target, key);
      if (key === 'read') return (path: string) => (read.push(path), target.read(path));
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
  const book = await Notebook.open(watching, SEGMENT, true);
  assert.equal(read.filter((path) => path.endsWith('.log')).length, 1);
  await hasAll(book);
  await book.put('g:1');
  await book.journal.close();
  assert.deepEqual([...(await Notebook.open(files, SEGMENT, true)).notes.keys()], [...NAMES, 'g:1']);
});

test('without its index file, or with a damaged one, a segment is read itself and gets a new one', async () => {
  for (const harm of ['absent', 'cut', 'changed'] as const) {
    const files = await filled();
    const inode = files.names.current.get(INDEX);
    assert.ok(inode !== undefined);
    const intact = inode.current.slice();
    if (harm === 'absent') await files.remove(INDEX);
    else if (harm === 'cut') inode.current = inode.current.subarray(0, 100);
    else inode.current.fill(9, 110, 112);
    const book = await Notebook.open(files, SEGMENT, true);
    await hasAll(book);
    await book.journal.close();
    if (harm === 'absent') assert.deepEqual(await files.read(INDEX), intact);
    await hasAll(await Notebook.open(files, SEGMENT, true));
  }
});

test('index files go with their segments, and those left behind go at the next start', async () => {
  const files = await filled();
  await files.replace('log/note-00000099.idx', new Uint8Array(10));
  await files.replace('log/note-00000001.idx.new', new Uint8Array(10));
  const book = await Notebook.open(files, SEGMENT, true);
  assert.deepEqual(
    (await files.list('log')).filter((name) => name.includes('99') || name.endsWith('.new')),
    [],
  );
  assert.ok(await book.compactOldest());
  assert.ok(!(await indexFiles(files)).includes('note-00000001.idx'));
  await book.journal.close();
});

test('a segment that turns out damaged loses its index file, so that the next start reports the damage again', async () => {
  const files = await filled();
  files.names.current.get('log/note-00000001.log')?.current.fill(7, PAGE + 40, PAGE + 44);
  const book = await Notebook.open(files, SEGMENT, true);
  assert.deepEqual(book.damage, []);
  const check = await book.journal.check(1);
  assert.equal(check?.damage.length, 1);
  assert.equal(book.damage.length, 1);
  await book.journal.close();
  assert.ok(!(await indexFiles(files)).includes('note-00000001.idx'));
  const again = await Notebook.open(files, SEGMENT, true);
  assert.deepEqual(again.damage, book.damage);
  await again.journal.close();
  assert.ok(!(await indexFiles(files)).includes('note-00000001.idx'), 'and it gets no new one');
});

test('check() counts the records of a whole segment, also of the one that is written to', async () => {
  const book = await Notebook.open(await filled(), SEGMENT, true);
  let records = 0;
  for (const { number } of book.journal.segments()) {
    const check = await book.journal.check(number);
    assert.deepEqual(check?.damage, []);
    records += check?.records ?? 0;
  }
  assert.equal(records, NAMES.length);
  assert.equal(await book.journal.check(99), undefined);
});

test('an index file that cannot be written costs nothing but itself', async () => {
  const plain = new FaultyFiles(new MemoryFiles());
  const first = await Notebook.open(plain, SEGMENT, true);
  await first.put('a:1');
  await first.put('b:9000');
  await first.journal.close();
  for (let from = 1; from <= plain.steps; from++) {
    const files = new FaultyFiles(new MemoryFiles(), { refuse: { from, count: 1, errno: 'ENOSPC' } });
    const kept: string[] = [];
    try {
      const book = await Notebook.open(files, SEGMENT, true);
      for (const name of ['a:1', 'b:9000']) {
        await book.put(name).then(
          () => kept.push(name),
          () => {},
        );
      }
      await book.journal.close();
    } catch {
      continue;
    }
    assert.deepEqual([...(await Notebook.open(files.disk, SEGMENT, true)).notes.keys()], kept);
  }
});

test('an opening does not mind that an unfinished index file goes while it looks', async () => {
  const files = await filled();
  await files.replace('log/note-00000001.idx.new', new Uint8Array(1));
  const racing = new Proxy(files, {
    get: (target, key) => {
      const value: unknown = Reflect.get(target, key);
      if (key !== 'remove') return typeof value === 'function' ? (value.bind(target) as unknown) : value;
      return async (path: string) => {
        if (path.endsWith('.new')) await target.remove(path);
        await target.remove(path);
      };
    },
  });
  await hasAll(await Notebook.open(racing, SEGMENT, true));
});
