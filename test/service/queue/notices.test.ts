import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TestQueue } from './running-queue.ts';

test('a notice for a mailbox that has had its reserve of them is not made, and the log says whose', async () => {
  const queue = await TestQueue.start({
    ports: { noticeRoom: (user) => (user === 'alice' ? 100 : Infinity) },
  });
  const about = { envelopeId: undefined, returns: undefined, time: queue.clock.wallTime() } as const;
  const recipients = [{ address: 'all@office.example', originalRecipient: undefined }];
  const message = Buffer.from('Subject: x\r\n\r\nHello.\r\n');
  for (const sender of ['alice@office.example', ''])
    await queue.service.reportFailure({ ...about, sender, message, recipients });
  assert.deepEqual(await queue.mailbox('alice'), []);
  assert.equal((await queue.mailbox('postmaster')).length, 1);
  assert.match(
    queue.log.text,
    /A notice for alice@office\.example is not made: the mailbox of alice is full/,
  );
});
