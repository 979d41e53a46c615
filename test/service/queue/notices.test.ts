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

test('a recipient whom the owner deletes while the message is being sent is named in no notice; the history says how it ended', async () => {
  const queue = await TestQueue.start();
  queue.names.domain('elsewhere.example', '10 mx.elsewhere.example 192.0.2.1');
  queue.client.peers.set('192.0.2.1', { answer: () => 'fail' });
  await queue.store.deliver(
    {
      sender: 'alice@office.example',
      users: [],
      remote: [{ address: 'ann@elsewhere.example' }, { address: 'bob@elsewhere.example' }],
    },
    Buffer.from('Subject: one\r\n\r\nHello.\r\n'),
  );
  const [{ id: ann } = { id: 0 }] = queue.store.queue.entries();
  queue.client.onStep = async (step) => {
    if (step === 'send') await queue.service.act('delete', ann);
  };
  queue.service.wake();
  await queue.quiet();
  const [notice = '', ...more] = await queue.mailbox('alice');
  assert.deepEqual(more, []);
  assert.match(notice, /Final-Recipient: rfc822; bob@/);
  assert.doesNotMatch(notice, /ann@/);
  const ends = queue.service.history(ann).filter(({ recipient }) => recipient.startsWith('ann'));
  assert.deepEqual(
    ends.map(({ what }) => what),
    ['deleted', 'failed'],
  );
});
