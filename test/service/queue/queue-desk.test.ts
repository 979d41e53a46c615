import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TestQueue } from './running-queue.ts';

const smart = (host: string) =>
  ({ host, port: 587, security: 'none', verify: false, login: undefined }) as const;

test('view() shows why nothing goes to a destination whose mail takes a smart host that cannot be reached', async () => {
  const via = [smart('192.0.2.9')];
  const queue = await TestQueue.start({ queue: { rules: [{ from: [], to: [], via }] } });
  await queue.accept('one', ['ann@elsewhere.example']);
  await queue.quiet();
  const [destination] = (await queue.service.view()).destinations;
  assert.deepEqual(
    [destination?.destination, destination?.problem],
    ['elsewhere.example', '4.4.1 No answer'],
  );
  assert.ok(destination?.nextTry !== null);
});

test('view() looks at the way of each sender of the mail that waits for a destination', async () => {
  const rules = [{ from: ['branch.example'], to: [], via: [smart('192.0.2.9')] }];
  const queue = await TestQueue.start({ queue: { rules } });
  queue.names.domain('elsewhere.example', '10 mx.elsewhere.example 192.0.2.1');
  queue.client.peers.set('192.0.2.1', { answer: () => 'defer' });
  await queue.accept('one', ['ann@elsewhere.example']);
  await queue.quiet();
  assert.equal((await queue.service.view()).destinations[0]?.problem, null);
  await queue.accept('two', ['ann@elsewhere.example'], { sender: 'eva@branch.example' });
  await queue.quiet();
  assert.equal((await queue.service.view()).destinations[0]?.problem, '4.4.1 No answer');
});

test('view() of no entries tells all of the destinations, and reads nothing from the disk for it', async () => {
  const via = [smart('192.0.2.9')];
  const queue = await TestQueue.start({ queue: { rules: [{ from: [], to: [], via }] } });
  await queue.accept('one', ['ann@elsewhere.example', 'bob@elsewhere.example']);
  await queue.accept('two', ['eve@far.example']);
  await queue.quiet();
  const whole = await queue.service.view();
  assert.equal(whole.entries.length, 3);
  queue.store.queue.read = () => Promise.reject(new Error('read'));
  assert.deepEqual(await queue.service.view(0), { ...whole, entries: [] });
});

test('view() of no entries looks at the senders where the way depends on them and a destination fails', async () => {
  const rules = [{ from: ['office.example'], to: [], via: [smart('192.0.2.9')] }];
  const queue = await TestQueue.start({ queue: { rules } });
  await queue.accept('one', ['ann@elsewhere.example']);
  await queue.quiet();
  const { destinations, entries } = await queue.service.view(0);
  assert.deepEqual([destinations[0]?.problem, entries], ['4.4.1 No answer', []]);
});
