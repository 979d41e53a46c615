import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Timestamp } from '../../../src/base/instant.ts';
import { MailIndex } from '../../../src/engine/mail-store/mail-index.ts';
import type { EntryRecord } from '../../../src/engine/mail-store/entry-record.ts';
import type {
  DeliverRecord,
  EndRecord,
  MessageRecord,
  RemoveRecord,
} from '../../../src/engine/mail-store/record.ts';

const at = (segment: number, offset = 0, length = 100) => ({ segment, offset, length });
const segments = (...numbers: readonly number[]) => numbers.map((number) => ({ number, isDamaged: false }));
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
const entry = (id: number, of: number, more: Partial<EntryRecord> = {}): EntryRecord => ({
  kind: 'entry',
  id,
  message: of,
  size: 10,
  accepted: Timestamp(36 * of),
  nextAttempt: Timestamp(1000 + id),
  lastAttempt: undefined,
  attempts: 0,
  isHeld: false,
  isDelayNotified: false,
  returns: undefined,
  sender: 'x@example',
  recipient: { address: `r${id}@D.example` },
  envelopeId: undefined,
  lastReply: '',
  ...more,
});
const end = (...ids: readonly number[]): EndRecord => ({ kind: 'end', through: 0, ids });
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
  index.segmentRemoved(1, segments(2, 3));
  assert.equal(index.shares.live(2), 0);
});

test('MailIndex counts a removal as live no longer than a segment is left that may hold what it ended', () => {
  const index = new MailIndex();
  index.apply(message(1), at(1));
  index.apply(deliver(1, 'eva'), at(1, 100));
  index.apply(message(2), at(2));
  index.apply(deliver(2, 'bob'), at(2, 100));
  index.apply(message(3), at(3));
  index.apply(remove('bob', 2), at(4));
  index.segmentRemoved(3, segments(1, 2, 4, 5));
  assert.equal(index.shares.live(4), 100);
  index.segmentRemoved(2, segments(1, 4, 5));
  assert.equal(index.shares.live(4), 0, 'what eva keeps in segment 1 is older');
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
  for (const segment of [1, 2]) index.apply(deliver(1, 'bob'), at(segment));
  assert.deepEqual(index.keep(remove('bob', 1), at(2), segments(1, 2, 3)), carried);
  assert.equal(index.keep(remove('bob', 1), at(2), segments(2, 3)), undefined);
  assert.deepEqual(index.keep(carried, at(5), segments(2, 5, 6)), carried);
  assert.equal(index.keep(carried, at(5), segments(3, 5, 6)), undefined);
});

test('MailIndex.keep() lets a removal go that only segments with other mail are left of', () => {
  const index = new MailIndex();
  for (const id of [1, 4]) index.apply(deliver(id, 'eva'), at(1, id * 100));
  index.apply(deliver(5, 'bob'), at(2));
  index.apply(deliver(6, 'eva'), at(3));
  const [older, own, newer] = [1, 2, 3];
  assert.notEqual(index.keep(remove('bob', 5), at(4), segments(older, own, newer, 4)), undefined);
  assert.equal(index.keep(remove('bob', 5), at(4), segments(older, newer, 4)), undefined);
  assert.notEqual(index.keep(remove('bob', 2), at(4), segments(older, newer, 4)), undefined);
  index.segmentRemoved(older, segments(own, newer, 4));
  assert.equal(index.keep(remove('bob', 2), at(4), segments(own, newer, 4)), undefined);
});

test('MailIndex.keep() carries a removal along while there is a damaged segment, which may hold anything', () => {
  const index = new MailIndex();
  const damaged = { number: 1, isDamaged: true };
  const carried = { ...remove('bob', 1), through: 2 };
  assert.deepEqual(index.keep(remove('bob', 1), at(2), [damaged, ...segments(2, 3)]), carried);
  index.apply(remove('bob', 1), at(2));
  index.segmentRemoved(3, [damaged, ...segments(2, 4)]);
  assert.equal(index.shares.live(2), 100);
});

test('MailIndex plans the queue: what is due, the longest due first, nothing that is held', () => {
  const index = new MailIndex();
  index.apply(message(1), at(1));
  index.apply(entry(2, 1), at(1, 100));
  index.apply(entry(3, 1, { isHeld: true }), at(1, 200));
  index.apply(entry(4, 1, { nextAttempt: Timestamp(500) }), at(1, 300));
  assert.deepEqual(
    index.due(Timestamp(1002), 10).map(({ id }) => id),
    [4, 2],
  );
  assert.deepEqual(
    index.due(Timestamp(1002), 1).map(({ id }) => id),
    [4],
  );
  assert.equal(index.nextAttempt(), 500);
  index.apply(entry(4, 1, { attempts: 1, nextAttempt: Timestamp(9000) }), at(1, 400));
  assert.deepEqual([index.due(Timestamp(1001), 10), index.nextAttempt()], [[], 1002]);
  assert.deepEqual(index.entry(4), {
    id: 4,
    message: 1,
    size: 10,
    domain: 'd.example',
    accepted: 36,
    nextAttempt: 9000,
    attempts: 1,
    isHeld: false,
  });
  assert.deepEqual(
    index.entries().map(({ id }) => id),
    [2, 3, 4],
  );
});

test('MailIndex keeps a message as long as a mailbox or an entry of the queue needs it', () => {
  const index = new MailIndex();
  index.replayed();
  index.apply(message(1), at(1));
  index.apply(deliver(1, 'bob'), at(1, 100));
  index.apply(entry(2, 1), at(1, 200));
  index.apply(entry(3, 1), at(1, 300));
  assert.equal(index.shares.live(1), 400);
  index.apply(remove('bob', 1), at(2));
  index.apply(end(2), at(2, 100));
  assert.deepEqual([index.find(1)?.id, index.shares.live(1)], [1, 200]);
  index.apply(entry(3, 1, { attempts: 1 }), at(2, 200));
  assert.deepEqual([index.shares.live(1), index.shares.live(2)], [100, 300]);
  index.apply(end(3, 2), at(2, 300));
  assert.deepEqual([index.find(1), index.entries(), index.size], [undefined, [], 0]);
  assert.deepEqual([index.shares.live(1), index.shares.live(2)], [0, 300]);
});

test('MailIndex.keep() copies the last record of an entry, and the END of one while a segment may hold it', () => {
  const index = new MailIndex();
  const [first, last] = [entry(2, 1), entry(2, 1, { attempts: 1 })];
  index.apply(message(1), at(1));
  index.apply(first, at(1, 100));
  index.apply(last, at(2));
  const all = segments(1, 2, 3);
  assert.deepEqual(index.keep(message(1), at(1), all), message(1));
  assert.deepEqual([index.keep(first, at(1, 100), all), index.keep(last, at(2), all)], [undefined, last]);
  index.apply(end(2), at(2, 100));
  assert.equal(index.keep(last, at(2), all), undefined);
  assert.deepEqual(index.keep(end(2), at(2, 100), all), { ...end(2), through: 2 });
  assert.equal(index.keep(end(2), at(2, 100), segments(2, 3)), undefined);
});

test('MailIndex.keep() knows a message again that compaction has moved its last entry behind the end of the others', () => {
  const index = new MailIndex();
  index.apply(message(1), at(4));
  index.apply(entry(2, 1), at(4, 100));
  index.apply(end(2), at(5));
  index.apply(entry(3, 1), at(6));
  index.replayed();
  assert.deepEqual(index.find(1)?.place, at(4));
});

test('MailIndex finds the messages that lie in a damaged extent, and those whose own record is lost', () => {
  const index = new MailIndex();
  for (const id of [1, 2]) {
    index.apply(message(id), at(1, id * 100));
    index.apply(deliver(id, 'bob', 'eva'), at(2, id * 100));
  }
  index.apply(deliver(3, 'bob'), at(2, 300));
  const found = (offset: number, length: number) =>
    index.messagesIn(at(1, offset, length)).map(({ id }) => id);
  assert.deepEqual([found(0, 100), found(0, 101), found(150, 100), found(200, 0)], [[], [1], [1, 2], [2]]);
  assert.deepEqual(
    index.lost().map(({ id }) => id),
    [3],
  );
  assert.deepEqual(index.holders(1), ['bob', 'eva']);
});

test('MailIndex knows a message by the time of its delivery, though an entry that was dated anew comes first', () => {
  const index = new MailIndex();
  index.apply(entry(5, 1, { accepted: Timestamp(360) }), at(1));
  index.apply(deliver(1, 'bob'), at(2));
  index.apply(entry(5, 1, { accepted: Timestamp(720), nextAttempt: Timestamp(800) }), at(2, 100));
  assert.deepEqual(
    index.messages('bob').map(({ uid }) => uid),
    ['10-1'],
  );
  assert.deepEqual([index.entry(5)?.accepted, index.entry(5)?.nextAttempt], [720, 800]);
});
