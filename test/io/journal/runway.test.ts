import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Runway } from '../../../src/io/journal/runway.ts';
import { MemoryFiles } from '../../fake/memory-files.ts';
import { Notebook, PAGE } from './notebook.ts';

const FIRST = 'log/note-00000001.log';

/** How many zeros are laid behind each of a row of batches of these lengths. */
function laid(lengths: readonly number[], limit = Infinity): readonly number[] {
  const runway = new Runway();
  let end = PAGE;
  runway.begin(end);
  return lengths.map((length) => {
    end += length;
    return (runway.behind(end, length, limit)?.length ?? 0) / PAGE;
  });
}

test('Runway lays as many zeros as there were short batches in a row before, and none while there are some left', () => {
  assert.deepEqual(laid([PAGE, PAGE, PAGE, PAGE, PAGE, PAGE, PAGE]), [0, 1, 0, 3, 0, 0, 0]);
  const many = laid(Array<number>(60).fill(PAGE));
  assert.deepEqual(
    many.flatMap((zeros, index) => (zeros === 0 ? [] : [[index, zeros]])),
    [
      [1, 1],
      [3, 3],
      [7, 7],
      [15, 15],
      [31, 16],
      [48, 16],
    ],
  );
});

test('Runway lays nothing behind a long batch and begins anew after it', () => {
  assert.deepEqual(laid([PAGE, PAGE, 8 * PAGE, PAGE, PAGE, 8 * PAGE, 8 * PAGE]), [0, 1, 0, 0, 1, 0, 0]);
});

test('Runway lays nothing beyond the limit', () => {
  assert.deepEqual(laid([PAGE, PAGE, PAGE, PAGE], 4 * PAGE), [0, 1, 0, 0]);
  assert.deepEqual(laid([PAGE, PAGE, PAGE, PAGE], 6 * PAGE), [0, 1, 0, 1]);
});

async function sizeOf(files: MemoryFiles, path = FIRST): Promise<number> {
  return ((await files.read(path))?.length ?? 0) / PAGE;
}

test('the file of a journal does not grow where short batches follow one another', async () => {
  const files = new MemoryFiles();
  const book = await Notebook.open(files, 100 * PAGE);
  const sizes: number[] = [];
  for (let index = 0; index < 8; index++) {
    await book.put(`n${index}:10`);
    sizes.push(await sizeOf(files));
  }
  assert.deepEqual(sizes, [2, 4, 4, 8, 8, 8, 8, 16]);
  await book.journal.close();
  assert.equal(await sizeOf(files), 10, 'no zeros stay behind the last batch and the one that proves it');
});

test('after a crash a journal goes on in the same segment behind the last batch, where there are only zeros', async () => {
  const files = new MemoryFiles();
  const book = await Notebook.open(files, 100 * PAGE);
  for (const name of ['a:10', 'b:10']) await book.put(name);
  assert.equal(await sizeOf(files), 4);
  const again = await Notebook.open(files, 100 * PAGE);
  assert.equal(await sizeOf(files), 3);
  await again.put('c:10');
  assert.deepEqual(await files.list('log'), ['note-00000001.log']);
  assert.deepEqual([...(await Notebook.open(files)).notes.keys()], ['a:10', 'b:10', 'c:10']);
});

test('a full segment ends with its last batch: nothing else tells once the next one is compacted away', async () => {
  const files = new MemoryFiles();
  const book = await Notebook.open(files, 10 * PAGE);
  for (let index = 0; index < 6; index++) await book.put(`n${index}:10`);
  assert.equal(await sizeOf(files), 8);
  await book.put('long:20000');
  assert.equal(await sizeOf(files), 7);
  assert.equal(book.journal.segments().length, 2);
});

test('a full disk refuses no batch for the sake of the zeros behind it', async () => {
  const files = new MemoryFiles(new Map(), 3 * PAGE);
  const book = await Notebook.open(files, 100 * PAGE);
  for (const name of ['a:10', 'b:10']) await book.put(name);
  await assert.rejects(book.put('c:10'), { errno: 'ENOSPC' });
  assert.deepEqual([...(await Notebook.open(files)).notes.keys()], ['a:10', 'b:10']);
});
