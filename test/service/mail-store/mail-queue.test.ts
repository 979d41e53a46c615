import assert from 'node:assert/strict';
import { test } from 'node:test';
import { InvariantError } from '../../../src/base/errors.ts';
import { Timestamp } from '../../../src/base/instant.ts';
import { fromLatin1 } from '../../../src/base/text.ts';
import type { QueueStore } from '../../../src/port/mail-queue.ts';
import { StoreFullError } from '../../../src/port/mailbox.ts';
import { FaultyFiles } from '../../fake/faulty-files.ts';
import { MemoryFiles } from '../../fake/memory-files.ts';
import { PAGE, SMALL, mail, openStore } from './post-office.ts';
import { wholeContent } from '../../fake/whole-content.ts';

const NOW = Timestamp(Date.UTC(2026, 0, 15, 12));
const later = (minutes: number): Timestamp => Timestamp(NOW + minutes * 60_000);
const addressed = (...addresses: readonly string[]) => ({
  sender: 'ann@office.example',
  users: [],
  remote: addresses.map((address) => ({ address })),
});

function ids(queue: QueueStore): number[] {
  return queue.entries().map(({ id }) => id);
}

test('deliver() queues one entry for each remote recipient, in one commit with the message and the local deliveries', async () => {
  const disk = new MemoryFiles();
  const files = new FaultyFiles(disk);
  const store = await openStore(files);
  await store.deliver({ sender: 'x@example', users: ['bob'] }, mail('warm:100'));
  const before = files.steps;
  const remote = [
    { address: 'a@One.example', notify: ['failure', 'delay'], originalRecipient: 'rfc822;a@One.example' },
    { address: 'b@one.example', notify: [] },
    { address: 'c@two.example' },
  ] as const;
  const envelope = { sender: 'ann@office.example', users: ['bob'], remote };
  await store.deliver({ ...envelope, envelopeId: 'QQ314159', returns: 'headers' }, mail('m:3000'));
  assert.equal(files.steps - before, 2, 'one write, one sync');
  for (const one of [store, await openStore(disk)]) {
    const { queue } = one;
    assert.equal(one.summaries()[0]?.messages, 2);
    const entries = queue.entries();
    assert.deepEqual(
      entries.map(({ domain, attempts, isHeld, size }) => [domain, attempts, isHeld, size]),
      ['one.example', 'one.example', 'two.example'].map((domain) => [
        domain,
        0,
        false,
        mail('m:3000').length,
      ]),
    );
    assert.equal(new Set(entries.map(({ message }) => message)).size, 1);
    assert.deepEqual(
      queue.due(NOW).map(({ id }) => id),
      ids(queue),
    );
    const [first = 0, second = 0, third = 0] = ids(queue);
    assert.deepEqual(await queue.read(first), {
      ...entries[0],
      domain: 'one.example',
      accepted: NOW,
      nextAttempt: NOW,
      sender: 'ann@office.example',
      recipient: remote[0],
      envelopeId: 'QQ314159',
      returns: 'headers',
      lastAttempt: undefined,
      lastReply: '',
      isDelayNotified: false,
    });
    const others = await Promise.all([queue.read(second), queue.read(third)]);
    assert.deepEqual(
      others.map((one) => one?.recipient.notify),
      [[], undefined],
    );
    assert.deepEqual(await queue.readMessage(third), mail('m:3000'));
  }
});

test('recordAttempt() puts an entry off before it is dialled, so that a crash in the attempt means waiting', async () => {
  const files = new MemoryFiles();
  const store = await openStore(files);
  await store.deliver(addressed('a@one.example', 'b@one.example'), mail('m:100'));
  const [first = 0, second = 0] = ids(store.queue);
  await store.queue.recordAttempt([first], { at: NOW, next: later(5) });
  const again = (await openStore(files)).queue;
  assert.deepEqual(
    again.due(NOW).map(({ id }) => id),
    [second],
  );
  assert.deepEqual([again.find(first)?.attempts, again.find(first)?.nextAttempt], [1, later(5)]);
  assert.deepEqual((await again.read(first))?.lastAttempt, NOW);
  assert.equal(again.nextAttempt(), NOW);
  assert.deepEqual(
    again.due(later(6)).map(({ id }) => id),
    [second, first],
  );
});

test('settle() keeps what was deferred with its reply and ends what was delivered, in one commit', async () => {
  const disk = new MemoryFiles();
  const files = new FaultyFiles(disk);
  const store = await openStore(files);
  await store.deliver(addressed('a@one.example', 'b@one.example', 'c@one.example'), mail('m:100'));
  const [a = 0, b = 0, c = 0] = ids(store.queue);
  const before = files.steps;
  await store.queue.settle([
    { id: a, outcome: 'delivered' },
    { id: b, outcome: 'deferred', reply: '450 4.2.0 later', nextAttempt: later(10), isDelayNotified: true },
    { id: c, outcome: 'failed' },
  ]);
  assert.equal(files.steps - before, 2, 'one write, one sync');
  for (const { queue } of [store, await openStore(disk)]) {
    assert.deepEqual(ids(queue), [b]);
    const entry = await queue.read(b);
    assert.deepEqual(
      [entry?.lastReply, entry?.nextAttempt, entry?.isDelayNotified],
      ['450 4.2.0 later', later(10), true],
    );
    assert.equal(await queue.read(a), undefined);
  }
});

test('settle() stores a bounce in the same commit, and without room neither ends the entry nor bounces', async () => {
  const files = new MemoryFiles(new Map(), 400_000);
  const store = await openStore(files, { ...SMALL, deliveryFloor: 100_000 });
  await store.deliver(addressed('a@one.example'), mail('m:100'));
  const [id = 0] = ids(store.queue);
  const bounce = { envelope: { sender: '', users: ['ann'] }, message: mail('bounce:2000') };
  files.capacity = 120_000;
  const crowded = await openStore(files, { ...SMALL, deliveryFloor: 110_000 });
  const failed = { id, outcome: 'failed' } as const;
  await assert.rejects(crowded.queue.settle([failed], [bounce]), StoreFullError);
  assert.deepEqual([ids(crowded.queue), crowded.summaries()], [[id], []]);
  files.capacity = 400_000;
  await crowded.queue.settle([failed], [bounce]);
  const again = await openStore(files);
  assert.deepEqual([ids(again.queue), again.summaries()[0]?.user], [[], 'ann']);
  await again.queue.settle([failed], [bounce]);
  assert.equal(again.summaries()[0]?.messages, 1, 'an entry that has ended bounces no second time');
});

test('hold(), release() and remove() are what the owner does, and pass over what has ended', async () => {
  const files = new MemoryFiles();
  const store = await openStore(files);
  await store.deliver(addressed('a@one.example', 'b@two.example'), mail('m:100'));
  const { queue } = store;
  const [a = 0, b = 0] = ids(queue);
  await queue.hold([a]);
  assert.deepEqual(
    queue.due(later(1000)).map(({ id }) => id),
    [b],
  );
  await queue.release([a, b], later(3));
  assert.deepEqual([queue.nextAttempt(), queue.find(a)?.isHeld], [later(3), false]);
  await queue.remove([b]);
  await queue.remove([b]);
  await queue.hold([b]);
  await queue.recordAttempt([b, a], { at: NOW, next: later(5) });
  assert.deepEqual(ids((await openStore(files)).queue), [a]);
  await assert.rejects(queue.readMessage(b), InvariantError);
});

test('changes of one entry at the same time all count, and whoever ends it first wins', async () => {
  const files = new MemoryFiles();
  const store = await openStore(files);
  await store.deliver(addressed('a@one.example', 'b@one.example'), mail('m:100'));
  const { queue } = store;
  const [a = 0, b = 0] = ids(queue);
  await Promise.all([
    queue.recordAttempt([a, b], { at: NOW, next: later(5) }),
    queue.hold([a]),
    queue.settle([{ id: a, outcome: 'deferred', reply: '451 x', nextAttempt: later(9) }]),
    queue.remove([b]),
    queue.hold([b]),
  ]);
  for (const one of [queue, (await openStore(files)).queue]) {
    assert.deepEqual(ids(one), [a]);
    const entry = await one.read(a);
    assert.deepEqual([entry?.attempts, entry?.isHeld, entry?.lastReply], [1, true, '451 x']);
  }
});

test('attempts of many destinations at once share batches', async () => {
  const files = new FaultyFiles(new MemoryFiles());
  const store = await openStore(files, { ...SMALL, segmentSize: 100 * PAGE });
  const addresses = Array.from({ length: 20 }, (_, index) => `r@d${index}.example`);
  await store.deliver(addressed(...addresses), mail('m:100'));
  const before = files.steps;
  const { queue } = store;
  await Promise.all(ids(queue).map((id) => queue.recordAttempt([id], { at: NOW, next: later(5) })));
  assert.ok(files.steps - before <= 8, `${files.steps - before} steps`);
});

test('a message in a file of its own goes when the last of mailbox and queue is done with it', async () => {
  const files = new MemoryFiles();
  const store = await openStore(files);
  await store.deliver({ ...addressed('a@one.example'), users: ['bob'] }, mail('big:20000'));
  const bob = await store.open('bob');
  await bob?.remove(bob.messages.map(({ uid }) => uid));
  bob?.close();
  const again = await openStore(files);
  const [id = 0] = ids(again.queue);
  assert.deepEqual(await wholeContent(await again.queue.readMessage(id)), mail('big:20000'));
  await again.queue.settle([{ id, outcome: 'delivered' }]);
  assert.deepEqual(await files.list('mail/blob'), []);
});

test('a relay whose queue runs empty gives all its segments back but the newest', async () => {
  const files = new MemoryFiles();
  const store = await openStore(files);
  for (let round = 0; round < 40; round++) {
    await store.deliver(addressed('a@one.example', 'b@two.example'), mail(`m${round}:3000`));
    for (const id of ids(store.queue)) {
      await store.queue.recordAttempt([id], { at: NOW, next: later(5) });
      await store.queue.settle([{ id, outcome: 'delivered' }]);
    }
  }
  await store.close();
  const segments = (await files.list('mail')).filter((name) => name.endsWith('.log'));
  assert.ok(segments.length <= 3, segments.join(' '));
  assert.deepEqual(ids((await openStore(files)).queue), []);
});

test('an entry whose record is damaged is listed, fails to be read, can be ended, and harms no other', async () => {
  const files = new MemoryFiles();
  const store = await openStore(files, { ...SMALL, segmentSize: 100 * PAGE });
  await store.deliver(addressed('harmed@one.example', 'b@one.example'), mail('m:100'));
  const segment = files.names.current.get('mail/segment-00000001.log');
  assert.ok(segment !== undefined);
  const at = fromLatin1(segment.current).indexOf('harmed@');
  segment.current.fill(1, at, at + 4);
  const { queue } = store;
  const [harmed = 0, other = 0] = ids(queue);
  await assert.rejects(queue.read(harmed), /checksum is wrong/);
  await assert.rejects(queue.recordAttempt([harmed], { at: NOW, next: later(5) }), /checksum is wrong/);
  assert.match(store.health().problem ?? '', /damaged in 1 place/);
  await queue.recordAttempt([other], { at: NOW, next: later(5) });
  assert.deepEqual(await queue.readMessage(harmed), mail('m:100'));
  await queue.remove([harmed]);
  assert.deepEqual(ids(queue), [other]);
});

test('redate() gives entries other times for good, the last attempt by as much, and passes over what has ended', async () => {
  const files = new MemoryFiles();
  const store = await openStore(files);
  await store.deliver(addressed('a@one.example', 'b@two.example'), mail('m:100'));
  const { queue } = store;
  const [a = 0, b = 0] = ids(queue);
  await queue.recordAttempt([a], { at: later(1), next: later(6) });
  await queue.redate(new Map([a, b, 99].map((id) => [id, { accepted: later(60), nextAttempt: later(66) }])));
  for (const one of [queue, (await openStore(files)).queue]) {
    const [first, second] = await Promise.all([a, b].map((id) => one.read(id)));
    assert.deepEqual(
      [first?.accepted, first?.nextAttempt, first?.lastAttempt],
      [later(60), later(66), later(61)],
    );
    assert.deepEqual([second?.nextAttempt, second?.lastAttempt], [later(66), undefined]);
    assert.equal(one.find(a)?.accepted, later(60));
  }
});
