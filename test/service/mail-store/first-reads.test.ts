import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Timestamp } from '../../../src/base/instant.ts';
import { MemoryFiles } from '../../fake/memory-files.ts';
import { PAGE, mail, openStore } from './post-office.ts';

const written = ({ names }: MemoryFiles): number =>
  [...names.current.values()].reduce((sum, { current }) => sum + current.length, 0);

test('record() of a thousand messages costs one record of a few pages, and none when all are dated', async () => {
  const files = new MemoryFiles();
  const store = await openStore(files, { segmentSize: 2 ** 20 });
  await Promise.all(
    Array.from({ length: 1000 }, (_, n) => store.deliver({ sender: '', users: ['bob'] }, mail(`m${n}:40`))),
  );
  const uids = store.list('bob').map(({ uid }) => uid);
  const before = written(files);
  await store.firstReads.record('bob', uids, Timestamp(7));
  assert.ok(written(files) - before <= 3 * PAGE, `${written(files) - before} octets`);
  const after = written(files);
  await store.firstReads.record('bob', uids, Timestamp(8));
  assert.equal(written(files), after);
  await store.close();
  const reads = (await openStore(files)).firstReads.of('bob');
  assert.deepEqual([reads.size, new Set(reads.values())], [1000, new Set([7])]);
});

test('record() passes over what is not in the mailbox of the user', async () => {
  const files = new MemoryFiles();
  const store = await openStore(files);
  await store.deliver({ sender: '', users: ['bob'] }, mail('a:40'));
  const [message] = store.list('bob');
  const before = written(files);
  await store.firstReads.record('eva', [message?.uid ?? ''], Timestamp(7));
  await store.firstReads.record('bob', ['no-such', 'x', ''], Timestamp(7));
  assert.equal(written(files), before);
  assert.equal(store.firstReads.of('bob').size + store.firstReads.of('eva').size, 0);
});

test('record() takes a message once that is named twice', async () => {
  const files = new MemoryFiles();
  const store = await openStore(files);
  await store.deliver({ sender: '', users: ['bob'] }, mail('a:40'));
  const uid = store.list('bob')[0]?.uid ?? '';
  await store.firstReads.record('bob', [uid, uid], Timestamp(7));
  assert.deepEqual([...store.firstReads.of('bob')], [[uid, 7]]);
});

test('of() gives the dates up to a time, and others when it is later', async () => {
  const store = await openStore(new MemoryFiles());
  for (const name of ['a:40', 'b:40']) await store.deliver({ sender: '', users: ['bob'] }, mail(name));
  const [a = '', b = ''] = store.list('bob').map(({ uid }) => uid);
  await store.firstReads.record('bob', [a], Timestamp(7));
  await store.firstReads.record('bob', [b], Timestamp(9));
  const through = (time: number) => [...store.firstReads.of('bob', Timestamp(time)).keys()];
  assert.deepEqual([through(6), through(7), through(8), through(9)], [[], [a], [a], [a, b]]);
  const maildrop = await store.open('bob');
  await maildrop?.remove([a]);
  assert.deepEqual([through(8), through(9), [...store.firstReads.dates()]], [[], [b], [9]]);
});

test('record() of an earlier date replaces a later one for good: a clock was ahead', async () => {
  const files = new MemoryFiles();
  const store = await openStore(files);
  await store.deliver({ sender: '', users: ['bob'] }, mail('a:40'));
  const uid = store.list('bob')[0]?.uid ?? '';
  for (const at of [9000, 70, 80]) await store.firstReads.record('bob', [uid], Timestamp(at));
  assert.deepEqual([...store.firstReads.of('bob')], [[uid, 70]]);
  await store.close();
  assert.deepEqual([...(await openStore(files)).firstReads.of('bob')], [[uid, 70]]);
});
