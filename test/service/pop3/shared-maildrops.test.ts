import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SharedMaildrops } from '../../../src/service/pop3/shared-maildrops.ts';
import { MemoryMailStore } from '../../fake/memory-mail-store.ts';

async function make(): Promise<{ store: MemoryMailStore; shared: SharedMaildrops }> {
  const store = new MemoryMailStore();
  for (const text of ['one', 'two', 'three'])
    await store.deliver({ sender: '', users: ['alice'] }, Buffer.from(text));
  return { store, shared: new SharedMaildrops((user) => store.open(user)) };
}

test('SharedMaildrops gives two sessions the same messages; what one removes the other still numbers but cannot read', async () => {
  const { store, shared } = await make();
  const [one, two] = await Promise.all([shared.open('alice'), shared.open('alice')]);
  assert.ok(one !== undefined && two !== undefined);
  assert.deepEqual(one.messages, two.messages);
  await one.remove(['m1']);
  assert.equal(two.messages.length, 3);
  await assert.rejects(two.read('m1'), { code: 'SYS/PERM', message: /Another session has deleted/ });
  assert.equal(Buffer.from(await two.read('m2')).toString(), 'two');
  await two.remove(['m1', 'm2']);
  assert.deepEqual(store.removals, [['m1'], ['m2']]);
  const three = await shared.open('alice');
  assert.deepEqual(
    three?.messages.map(({ uid }) => uid),
    ['m3'],
  );
});

test('SharedMaildrops opens the mailbox anew when all have closed it, and closes it once for each session', async () => {
  const { store, shared } = await make();
  const one = await shared.open('alice');
  const two = await shared.open('alice');
  one?.close();
  one?.close();
  assert.ok(store.isOpen('alice'));
  two?.close();
  assert.ok(!store.isOpen('alice'));
  await store.deliver({ sender: '', users: ['alice'] }, Buffer.from('four'));
  assert.equal((await shared.open('alice'))?.messages.length, 4);
});

test('SharedMaildrops gives nothing while somebody else holds the mailbox, and tries again for the next', async () => {
  const { store, shared } = await make();
  const other = await store.open('alice');
  assert.equal(await shared.open('alice'), undefined);
  other?.close();
  assert.notEqual(await shared.open('alice'), undefined);
});

test('SharedMaildrops passes a failure to open on and is as before', async () => {
  let error: Error | undefined = new Error('the card is broken');
  const { store } = await make();
  const shared = new SharedMaildrops((user) =>
    error === undefined ? store.open(user) : Promise.reject(error),
  );
  await assert.rejects(shared.open('alice'), error);
  error = undefined;
  assert.notEqual(await shared.open('alice'), undefined);
});
