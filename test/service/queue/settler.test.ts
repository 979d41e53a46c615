import assert from 'node:assert/strict';
import { mock, test } from 'node:test';
import { Minutes } from '../../../src/base/duration.ts';
import { KernelError } from '../../../src/base/errors.ts';
import { History } from '../../../src/engine/mail-queue/history.ts';
import { DEFAULT_QUEUE_LIMITS } from '../../../src/engine/mail-queue/limits.ts';
import { ownOutcome } from '../../../src/engine/mail-queue/outcome.ts';
import type { QueueStore } from '../../../src/port/mail-queue.ts';
import { Notices } from '../../../src/service/queue/notices.ts';
import { QueueDates } from '../../../src/service/queue/queue-dates.ts';
import { Settler } from '../../../src/service/queue/settler.ts';
import { FakeRandom } from '../../fake/fake-random.ts';
import { OPTIONS, TestQueue } from './running-queue.ts';

test('Settler leaves nothing behind of its tries on a disk that takes nothing, and ends at once with the queue', async () => {
  const { clock, log, store } = await TestQueue.start();
  const remote = [{ address: 'ann@elsewhere.example' }];
  await store.deliver({ sender: '', users: [], remote }, Buffer.from('Subject: x\r\n\r\n'));
  const [{ id } = { id: 0 }] = store.queue.entries();
  const entry = await store.queue.read(id);
  assert.ok(entry !== undefined);
  let tries = 0;
  const broken = {
    entries: () => store.queue.entries(),
    find: (one: number) => store.queue.find(one),
    settle: () => {
      tries++;
      return Promise.reject(new KernelError('write', 'EIO'));
    },
  } as Partial<QueueStore> as QueueStore;
  const closing = Promise.withResolvers<void>();
  const asked = mock.method(closing.promise, 'then');
  const random = new FakeRandom(1);
  const settler = new Settler({
    store: broken,
    notices: new Notices({ options: () => OPTIONS, random, room: () => Infinity, log }),
    dates: new QueueDates({ store: broken, clock, log }),
    history: new History(),
    limits: DEFAULT_QUEUE_LIMITS,
    clock,
    random,
    log,
    closing: closing.promise,
  });
  const settled = settler.settle([{ entry, outcome: ownOutcome('deferred', '4.4.1', 'no answer') }]);
  for (let minutes = 0; minutes < 60; minutes++) await clock.advance(Minutes(1));
  assert.ok(tries >= 60, `${tries} tries`);
  assert.ok(asked.mock.callCount() <= 1, `${asked.mock.callCount()} wait for the end`);
  const before = clock.pending;
  closing.resolve();
  await settled;
  assert.equal(clock.pending, before - 1);
});
