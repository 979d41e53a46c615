import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Timestamp } from '../../../src/base/instant.ts';
import { MailIndex } from '../../../src/engine/mail-store/mail-index.ts';
import type { DeliverRecord, MessageRecord, RemoveRecord } from '../../../src/engine/mail-store/record.ts';

const at = (segment: number, offset = 0, length = 100) => ({ segment, offset, length });
const segments = (...numbers: readonly number[]) => numbers.map((number) => ({ number }));
const message = (id: number): MessageRecord => ({ kind: 'message', id, size: 10, blobChecksum: undefined });
const deliver = (id: number, ...users: readonly string[]): DeliverRecord => ({
  kind: 'deliver',
  id,
  size: 10,
  received: Timestamp(36 * id),
  users,
});
const remove = (user: string, ...ids: readonly number[]): RemoveRecord => ({
  kind: 'remove',
  user,
  through: 0,
  ids,
});
const ids = (index: MailIndex, user: string) => index.messages(user).map((one) => one.id);

test('MailIndex shows a message to all its users, the oldest first, until each has removed it', () => {
  const index = new MailIndex();
  index.apply(message(2), at(1));
  index.apply(deliver(2, 'bob', 'eva'), at(1, 100));
  index.apply(message(1), at(1, 200));
  index.apply(deliver(1, 'bob'), at(1, 300));
  assert.deepEqual([ids(index, 'bob'), ids(index, 'eva'), ids(index, 'ann')], [[1, 2], [2], []]);
  assert.deepEqual(index.summaries(), [
    { user: 'bob', messages: 2, octets: 20 },
    { user: 'eva', messages: 1, octets: 10 },
  ]);
  assert.deepEqual(index.messages('eva'), [
    { id: 2, uid: '20-2', size: 10, received: 72, place: at(1), blobChecksum: undefined },
  ]);
  index.apply(remove('bob', 2, 1), at(2));
  assert.deepEqual([ids(index, 'bob'), ids(index, 'eva')], [[], [2]]);
  index.apply(remove('eva', 2), at(2, 100));
  assert.equal(index.find(2), undefined);
  assert.deepEqual(index.summaries(), []);
});

test('MailIndex takes the records of a message in any order and twice', () => {
  const index = new MailIndex();
  index.apply(deliver(1, 'bob', 'eva'), at(1));
  assert.equal(index.find(1)?.place, undefined);
  index.apply(message(1), at(1, 100));
  index.apply(deliver(1, 'bob', 'eva'), at(3));
  index.apply(message(1), at(3, 100));
  assert.deepEqual(ids(index, 'bob'), [1]);
  assert.deepEqual(index.find(1)?.place, at(3, 100));
  assert.deepEqual([index.shares.live(1), index.shares.live(3)], [0, 200]);
});

test('MailIndex counts as live what a compaction would copy', () => {
  const index = new MailIndex();
  index.apply(message(1), at(1));
  assert.equal(index.shares.live(1), 0);
  index.apply(deliver(1, 'bob', 'eva'), at(1, 100));
  assert.equal(index.shares.live(1), 200);
  index.apply(remove('bob', 1), at(2));
  assert.deepEqual([index.shares.live(1), index.shares.live(2)], [200, 100]);
  index.apply(remove('eva', 1), at(2, 100));
  assert.deepEqual([index.shares.live(1), index.shares.live(2)], [0, 200]);
  index.segmentRemoved(1, 2);
  assert.equal(index.shares.live(2), 0);
});

test('MailIndex.keep() copies a message and its delivery for those who still have it', () => {
  const index = new MailIndex();
  index.apply(message(1), at(1));
  index.apply(deliver(1, 'bob', 'eva'), at(1, 100));
  index.apply(remove('bob', 1), at(2));
  const all = segments(1, 2, 3);
  assert.deepEqual(index.keep(message(1), at(1), all), message(1));
  assert.deepEqual(index.keep(deliver(1, 'bob', 'eva'), at(1, 100), all), deliver(1, 'eva'));
  assert.equal(index.keep(message(1), at(3), all), undefined, 'another copy of it');
  index.apply(remove('eva', 1), at(2, 100));
  assert.equal(index.keep(message(1), at(1), all), undefined);
  assert.equal(index.keep(deliver(1, 'bob', 'eva'), at(1, 100), all), undefined);
});

test('MailIndex.keep() carries a removal along while a segment may hold what it ended', () => {
  const index = new MailIndex();
  const carried = { ...remove('bob', 1), through: 2 };
  assert.deepEqual(index.keep(remove('bob', 1), at(2), segments(1, 2, 3)), carried);
  assert.equal(index.keep(remove('bob', 1), at(2), segments(2, 3)), undefined);
  assert.deepEqual(index.keep(carried, at(5), segments(2, 5, 6)), carried);
  assert.equal(index.keep(carried, at(5), segments(3, 5, 6)), undefined);
});
