import assert from 'node:assert/strict';
import { test } from 'node:test';
import { InvariantError, KernelError } from '../../../src/base/errors.ts';
import { type Maildrop, MessageGoneError, StoreFullError } from '../../../src/port/mailbox.ts';
import type { JournaledMailStore } from '../../../src/service/mail-store/mail-store.ts';
import { FaultyFiles } from '../../fake/faulty-files.ts';
import { MemoryFiles } from '../../fake/memory-files.ts';
import { MemoryLog } from '../../fake/memory-log.ts';
import { PAGE, SMALL, mail, openStore } from './post-office.ts';
import { wholeContent } from '../../fake/whole-content.ts';

const to = (...users: readonly string[]) => ({ sender: 'x@example', users });

async function drop(store: JournaledMailStore, user: string): Promise<Maildrop> {
  const opened = await store.open(user);
  assert.ok(opened !== undefined, `${user} is locked`);
  return opened;
}

/** Opens, looks and closes. */
async function uids(store: JournaledMailStore, user: string): Promise<string[]> {
  const opened = await drop(store, user);
  opened.close();
  return opened.messages.map((message) => message.uid);
}

test('deliver() keeps one message for all its users, byte for byte, also after a restart', async () => {
  const files = new MemoryFiles();
  const store = await openStore(files);
  await store.deliver(to('bob', 'eva', 'bob'), mail('a:500'));
  await store.deliver(to('bob'), mail('b:3000'));
  for (const one of [store, await openStore(files)]) {
    const bob = await drop(one, 'bob');
    assert.deepEqual(
      bob.messages.map((message) => message.size),
      [mail('a:500').length, mail('b:3000').length],
    );
    const contents = await Promise.all(bob.messages.map(async (message) => bob.read(message.uid)));
    assert.deepEqual(contents, [mail('a:500'), mail('b:3000')]);
    assert.equal((await uids(one, 'eva')).length, 1);
    bob.close();
  }
  assert.deepEqual(store.summaries(), [
    { user: 'bob', messages: 2, octets: mail('a:500').length + mail('b:3000').length },
    { user: 'eva', messages: 1, octets: mail('a:500').length },
  ]);
  const stored = (await files.read('mail/segment-00000001.log'))?.length ?? 0;
  assert.equal(stored, 3 * PAGE, 'head, and one batch each');
});

test('deliver() resolves only when the message survives a power cut, and many share a batch', async () => {
  const files = new FaultyFiles(new MemoryFiles());
  const store = await openStore(files);
  const before = files.steps;
  await Promise.all(Array.from({ length: 20 }, () => store.deliver(to('bob'), mail('a:100'))));
  assert.ok(files.steps - before <= 7, `${files.steps - before} steps`);
});

test('open() is exclusive for a mailbox until close() (RFC 1939 section 4)', async () => {
  const store = await openStore(new MemoryFiles());
  const bob = await drop(store, 'bob');
  assert.equal(await store.open('bob'), undefined);
  const eva = await drop(store, 'eva');
  bob.close();
  bob.close();
  const again = await drop(store, 'bob');
  bob.close();
  assert.equal(await store.open('bob'), undefined, 'closing the earlier one again frees nothing');
  again.close();
  eva.close();
});

test('a maildrop is a snapshot: what arrives later is in the next', async () => {
  const store = await openStore(new MemoryFiles());
  await store.deliver(to('bob'), mail('a:10'));
  const bob = await drop(store, 'bob');
  await store.deliver(to('bob'), mail('b:10'));
  assert.equal(bob.messages.length, 1);
  bob.close();
  assert.equal((await uids(store, 'bob')).length, 2);
});

test('remove() takes several messages out in one commit, for that user only', async () => {
  const disk = new MemoryFiles();
  const files = new FaultyFiles(disk);
  const store = await openStore(files);
  for (const name of ['a:10', 'b:10', 'c:10']) await store.deliver(to('bob', 'eva'), mail(name));
  const bob = await drop(store, 'bob');
  const [a, b, c] = bob.messages.map((message) => message.uid);
  assert.ok(a !== undefined && b !== undefined && c !== undefined);
  const before = files.steps;
  await bob.remove([a, c, a]);
  assert.equal(files.steps - before, 2, 'one write, one sync');
  await bob.remove([]);
  assert.equal(files.steps - before, 2);
  assert.deepEqual(await bob.read(b), mail('b:10'));
  await assert.rejects(bob.read(a), MessageGoneError);
  await assert.rejects(bob.remove(['unknown']), InvariantError);
  bob.close();
  await assert.rejects(bob.read(b), InvariantError);
  for (const one of [store, await openStore(disk)]) {
    assert.deepEqual(await uids(one, 'bob'), [b]);
    assert.equal((await uids(one, 'eva')).length, 3);
  }
});

test('empty() takes all mail of one user away, also under an open mailbox, and nothing of the others', async () => {
  const disk = new MemoryFiles();
  const store = await openStore(disk);
  for (const name of ['a:10', 'b:10000']) await store.deliver(to('bob', 'eva'), mail(name));
  const bob = await drop(store, 'bob');
  assert.equal(await store.empty('bob'), 2);
  await assert.rejects(bob.read(bob.messages[0]?.uid ?? ''), MessageGoneError);
  bob.close();
  assert.equal(await store.empty('bob'), 0);
  for (const one of [store, await openStore(disk)]) {
    assert.deepEqual(await uids(one, 'bob'), []);
    assert.equal((await uids(one, 'eva')).length, 2);
  }
});

test('a uid is never given twice in a mailbox, also after restarts, removals and compaction', async () => {
  const files = new MemoryFiles();
  const seen = new Set<string>();
  for (let round = 0; round < 10; round++) {
    const store = await openStore(files);
    await store.deliver(to('bob'), mail('a:3000'));
    const bob = await drop(store, 'bob');
    for (const { uid } of bob.messages) {
      assert.match(uid, /^[!-~]{1,70}$/);
      assert.ok(!seen.has(uid), uid);
      seen.add(uid);
    }
    await bob.remove(bob.messages.map((message) => message.uid));
    bob.close();
    await store.close();
  }
  assert.equal(seen.size, 10);
});

test('a message above the limit gets a file of its own, which goes with its last user', async () => {
  const files = new MemoryFiles();
  const store = await openStore(files);
  await store.deliver(to('bob', 'eva'), mail('big:20000'));
  assert.equal((await files.list('mail/blob')).length, 1);
  const again = await openStore(files);
  for (const [user, left] of [
    ['bob', 1],
    ['eva', 0],
  ] as const) {
    const opened = await drop(again, user);
    const [uid] = opened.messages.map((message) => message.uid);
    assert.ok(uid !== undefined);
    assert.deepEqual(await wholeContent(await opened.read(uid)), mail('big:20000'));
    await opened.remove([uid]);
    assert.equal((await files.list('mail/blob')).length, left);
  }
});

test('a blob that no message needs is removed at the start', async () => {
  const files = new MemoryFiles();
  await openStore(files);
  const file = await files.open('mail/blob/77.msg', 'create');
  await file.append([mail('a:10')]);
  const store = await openStore(files);
  assert.deepEqual(await files.list('mail/blob'), []);
  await store.deliver(to('bob'), mail('a:10'));
  const [uid] = await uids(store, 'bob');
  assert.ok(Number.parseInt(uid?.split('-')[1] ?? '', 36) > 77, 'its number is not given again');
});

test('compaction gives room back after removals and keeps all other messages', async () => {
  const files = new MemoryFiles();
  const store = await openStore(files);
  for (let index = 0; index < 60; index++) {
    await store.deliver(to(index % 10 === 0 ? 'eva' : 'bob'), mail(`m${index}:2000`));
  }
  const before = (await files.list('mail')).length;
  const bob = await drop(store, 'bob');
  await bob.remove(bob.messages.map((message) => message.uid));
  bob.close();
  await store.close();
  const after = (await files.list('mail')).length;
  assert.ok(after <= before / 3, `${before} segments, then ${after}`);
  const again = await openStore(files);
  assert.deepEqual(await uids(again, 'bob'), []);
  const eva = await drop(again, 'eva');
  const contents = await Promise.all(eva.messages.map(async (message) => eva.read(message.uid)));
  assert.deepEqual(
    contents,
    [0, 10, 20, 30, 40, 50].map((index) => mail(`m${index}:2000`)),
  );
});

test('removals leave nothing behind in the journal, also where the oldest segment is full of mail that people keep', async () => {
  const files = new MemoryFiles();
  const store = await openStore(files);
  for (let number = 0; number < 8; number += 1) await store.deliver(to('eva'), mail(`kept${number}:2000`));
  const sizeAfter = async (rounds: number): Promise<number> => {
    for (let round = 0; round < rounds; round += 1) {
      await store.deliver(to('bob'), mail(`gone${round}:2000`));
      await store.empty('bob');
    }
    let size = 0;
    for (const name of (await files.list('mail')).filter((one) => one !== 'blob'))
      size += (await files.read(`mail/${name}`))?.length ?? 0;
    return size;
  };
  const early = await sizeAfter(40);
  const late = await sizeAfter(300);
  assert.ok(late <= early + SMALL.segmentSize, `${late} octets after many removals, ${early} before`);
  assert.equal((await uids(await openStore(files), 'eva')).length, 8);
  assert.deepEqual(await uids(await openStore(files), 'bob'), []);
});

test('a damaged message is reported and costs only itself', async () => {
  const files = new MemoryFiles();
  const store = await openStore(files);
  for (const name of ['a:1000', 'b:1000', 'big:9000']) await store.deliver(to('bob'), mail(name));
  const { current } = files.names;
  current.get('mail/segment-00000001.log')?.current.fill(0, PAGE + 200, PAGE + 204);
  const blobName = (await files.list('mail/blob'))[0];
  assert.ok(blobName !== undefined);
  current.get(`mail/blob/${blobName}`)?.current.fill(0, 0, 4);
  const log = new MemoryLog();
  for (const one of [store, await openStore(files, SMALL, log)]) {
    const bob = await drop(one, 'bob');
    const [a, b, big] = bob.messages.map((message) => message.uid);
    assert.ok(a !== undefined && b !== undefined && big !== undefined);
    await assert.rejects(bob.read(a), /checksum is wrong/);
    await assert.rejects(bob.read(big), /missing or damaged/);
    assert.deepEqual(await bob.read(b), mail('b:1000'));
    bob.close();
  }
  assert.match(log.text, /The mail store is damaged: \d+ bytes of mail\/segment-00000001.log from 4096/);
  assert.match(log.text, /A message cannot be read/);
});

test('a message whose own record is lost is listed with its size and fails to be read', async () => {
  const files = new MemoryFiles();
  const store = await openStore(files);
  for (const name of ['a:1000', 'b:1000']) await store.deliver(to('bob'), mail(name));
  files.names.current.get('mail/segment-00000001.log')?.current.fill(0, PAGE, PAGE + 4);
  const bob = await drop(await openStore(files), 'bob');
  assert.deepEqual(
    bob.messages.map((message) => message.size),
    [mail('a:1000').length, mail('b:1000').length],
  );
  await assert.rejects(bob.read(bob.messages[0]?.uid ?? ''), /missing or damaged/);
});

test('deliver() refuses below the floor of free space, harms nothing and takes mail again later', async () => {
  const files = new MemoryFiles(new Map(), 200_000);
  const store = await openStore(files, { ...SMALL, deliveryFloor: 100_000 });
  let stored = 0;
  await assert.rejects(async () => {
    for (; stored < 100; stored++) await store.deliver(to('bob'), mail('a:4000'));
  }, StoreFullError);
  assert.ok(stored > 3 && (await files.freeSpace()) >= 70_000, `${stored} stored`);
  assert.equal((await uids(store, 'bob')).length, stored);
  const bob = await drop(store, 'bob');
  await bob.remove(bob.messages.map((message) => message.uid));
  await store.close();
  const again = await openStore(files, { ...SMALL, deliveryFloor: 100_000 });
  await again.deliver(to('bob'), mail('b:4000'));
});

test('deliver() turns ENOSPC into StoreFullError, also for large messages, and leaves no blob behind', async () => {
  const files = new MemoryFiles();
  const store = await openStore(files);
  await store.deliver(to('bob'), mail('a:100'));
  files.capacity = 3 * PAGE + 50;
  await assert.rejects(store.deliver(to('bob'), mail('b:5000')), StoreFullError);
  await assert.rejects(store.deliver(to('bob'), mail('big:20000')), StoreFullError);
  files.capacity = 200_000;
  assert.equal((await uids(store, 'bob')).length, 1);
  await store.deliver(to('bob'), mail('c:100'));
  assert.deepEqual(await files.list('mail/blob'), []);
  assert.equal((await uids(await openStore(files), 'bob')).length, 2);
});

test('deliver() passes EIO on: it is not a full disk', async () => {
  const files = new FaultyFiles(new MemoryFiles(), { refuse: { from: 11, count: 1, errno: 'EIO' } });
  const store = await openStore(files);
  await assert.rejects(store.deliver(to('bob'), mail('a:100')), KernelError);
  await store.deliver(to('bob'), mail('b:100'));
  assert.equal((await uids(store, 'bob')).length, 1);
});

test('deliver() without recipients is our own bug', async () => {
  const store = await openStore(new MemoryFiles());
  await assert.rejects(store.deliver(to(), mail('a:10')), InvariantError);
});
