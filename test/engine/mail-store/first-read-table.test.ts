import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Timestamp } from '../../../src/base/instant.ts';
import { MailIndex } from '../../../src/engine/mail-store/mail-index.ts';
import type { DeliverRecord, ReadRecord } from '../../../src/engine/mail-store/record.ts';

const at = (segment: number, offset = 0) => ({ segment, offset, length: 100 });
const deliver = (id: number, ...users: readonly string[]): DeliverRecord => ({
  kind: 'deliver',
  id,
  size: 10,
  received: Timestamp(1000),
  users,
});
const read = (user: string, time: number, ...ids: readonly number[]): ReadRecord => ({
  kind: 'read',
  user,
  at: Timestamp(time),
  ids,
});
const reads = (index: MailIndex, user: string) => Object.fromEntries(index.firstReads(user));

/** An index with messages 1 to 3 of bob and eva in segment 1. */
function filled(): MailIndex {
  const index = new MailIndex();
  for (const id of [1, 2, 3]) index.apply(deliver(id, 'bob', 'eva'), at(1, id * 100));
  index.replayed();
  return index;
}

test('MailIndex dates what a user has read first, each user apart, and keeps the earlier date', () => {
  const index = filled();
  index.apply(read('bob', 50, 1, 2), at(2));
  index.apply(read('bob', 60, 2, 3), at(2, 100));
  index.apply(read('eva', 70, 1), at(2, 200));
  assert.deepEqual([reads(index, 'bob'), reads(index, 'eva')], [{ 1: 50, 2: 50, 3: 60 }, { 1: 70 }]);
  assert.equal(index.shares.live(2), 300);
});

test('MailIndex forgets dates with their messages, and needs a record as long as one is left', () => {
  const index = filled();
  index.apply(read('bob', 50, 1, 2), at(2));
  index.apply({ kind: 'remove', user: 'bob', through: 0, ids: [1] }, at(3));
  assert.deepEqual([reads(index, 'bob'), index.shares.live(2)], [{ 2: 50 }, 100]);
  assert.deepEqual(index.keep(read('bob', 50, 1, 2), at(2), []), read('bob', 50, 2));
  index.apply({ kind: 'remove', user: 'bob', through: 0, ids: [2] }, at(3, 100));
  assert.deepEqual([reads(index, 'bob'), index.shares.live(2)], [{}, 0]);
  assert.equal(index.keep(read('bob', 50, 1, 2), at(2), []), undefined);
});

test('MailIndex leaves a date out that comes after the end of its message', () => {
  const index = filled();
  index.apply({ kind: 'remove', user: 'bob', through: 0, ids: [1] }, at(3));
  index.apply(read('bob', 50, 1), at(3, 100));
  assert.deepEqual([reads(index, 'bob'), index.shares.live(3)], [{}, 100]);
});

test('MailIndex takes a date before the delivery it belongs to, as after a compaction, and its copy', () => {
  const index = new MailIndex();
  index.apply(read('bob', 50, 1, 9), at(2));
  index.apply(deliver(1, 'bob'), at(3));
  index.apply(read('bob', 50, 1), at(4));
  index.replayed();
  assert.deepEqual(reads(index, 'bob'), { 1: 50 });
  assert.deepEqual([index.shares.live(2), index.shares.live(4)], [0, 100]);
  assert.equal(index.keep(read('bob', 50, 1, 9), at(2), []), undefined);
});

test('MailIndex counts a message once that a record names twice', () => {
  const index = filled();
  index.apply(read('bob', 50, 1, 1), at(2));
  assert.deepEqual([reads(index, 'bob'), index.shares.live(2)], [{ 1: 50 }, 100]);
  index.apply({ kind: 'remove', user: 'bob', through: 0, ids: [1] }, at(3));
  assert.equal(index.shares.live(2), 0);
});
