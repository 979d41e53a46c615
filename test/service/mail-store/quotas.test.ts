import assert from 'node:assert/strict';
import { test } from 'node:test';
import { QuotaError } from '../../../src/port/mailbox.ts';
import { DEFAULT_MAIL_LIMITS } from '../../../src/service/mail-store/limits.ts';
import { MemoryFiles } from '../../fake/memory-files.ts';
import { mail, openStore } from './post-office.ts';

const SIZE = mail('m:1000').length;
const to = (...users: readonly string[]) => ({ sender: 'x@example', users });

test('deliver() refuses a message for all when it does not fit into one mailbox, and names that one', async () => {
  const store = await openStore(new MemoryFiles());
  store.setQuotas((user) => (user === 'bob' ? SIZE * 2 : Infinity));
  await store.deliver(to('bob', 'eva'), mail('a:1000'));
  await store.deliver(to('bob'), mail('b:1000'));
  await assert.rejects(
    store.deliver(to('eva', 'bob'), mail('c:1000')),
    (error) => error instanceof QuotaError && error.users.join() === 'bob',
  );
  assert.deepEqual([store.room('bob'), store.room('eva')], [0, Infinity]);
  assert.deepEqual(
    store.summaries().map(({ user, messages }) => [user, messages]),
    [
      ['bob', 2],
      ['eva', 1],
    ],
  );
  await store.deliver({ ...to('eva'), remote: [{ address: 'bob@elsewhere.example' }] }, mail('c:1000'));
  store.setQuotas(() => Infinity);
  await store.deliver(to('bob'), mail('d:1000'));
});

test('messages on their way count: of many at once only as many are taken as fit', async () => {
  const files = new MemoryFiles();
  const store = await openStore(files);
  store.setQuotas(() => SIZE * 3);
  const outcomes = await Promise.allSettled(
    Array.from({ length: 8 }, (_, index) => store.deliver(to('bob'), mail(`m:${1000 + (index % 1)}`))),
  );
  assert.equal(outcomes.filter(({ status }) => status === 'fulfilled').length, 3);
  assert.equal(store.room('bob'), 0);
  assert.equal((await openStore(files)).summaries()[0]?.messages, 3);
});

test('room comes back when a message is removed, and when one is refused for another reason', async () => {
  const files = new MemoryFiles();
  const store = await openStore(files);
  store.setQuotas(() => SIZE);
  files.capacity = 100;
  await assert.rejects(store.deliver(to('bob'), mail('a:1000')));
  assert.equal(store.room('bob'), SIZE);
  files.capacity = 1_000_000;
  await store.deliver(to('bob'), mail('a:1000'));
  const bob = await store.open('bob');
  await bob?.remove(bob.messages.map(({ uid }) => uid));
  assert.equal(store.room('bob'), SIZE);
});

test('a notice of this host goes into a full mailbox: nobody else has it to try again', async () => {
  const store = await openStore(new MemoryFiles());
  store.setQuotas(() => 0);
  await assert.rejects(store.deliver(to('bob'), mail('a:1000')), QuotaError);
  await store.deliver({ sender: '', users: ['bob'], isNotice: true }, mail('b:1000'));
  assert.equal(store.summaries()[0]?.messages, 1);
  assert.equal(store.room('bob'), 0);
});

test('noticeRoom() goes beyond the limit of a mailbox by the reserve, and no further', async () => {
  const store = await openStore(new MemoryFiles());
  const reserve = DEFAULT_MAIL_LIMITS.noticeReserve;
  assert.equal(store.noticeRoom('bob'), Infinity);
  store.setQuotas(() => SIZE);
  assert.equal(store.noticeRoom('bob'), SIZE + reserve);
  for (let n = 0; n < 2; n++)
    await store.deliver({ sender: '', users: ['bob'], isNotice: true }, mail('b:1000'));
  assert.equal(store.noticeRoom('bob'), reserve - SIZE);
});
