import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TestQueue } from './running-queue.ts';

test('QueueService.close() leaves no wake behind when all has ended in time', async () => {
  const queue = await TestQueue.start();
  await queue.accept('one', ['ann@elsewhere.example']);
  await queue.quiet();
  await queue.service.close();
  assert.equal(queue.clock.pending, 0);
});
