import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SenderDomains } from '../../../src/service/queue/sender-domains.ts';
import { TestQueue } from './running-queue.ts';

test('SenderDomains reads each message once while it is due, and remembers no message that is not due any more', async () => {
  const { store } = await TestQueue.start();
  const remote = ['ann', 'ben'].map((name) => ({ address: `${name}@elsewhere.example` }));
  for (const sender of ['alice@office.example', 'bob@branch.example', ''])
    await store.deliver({ sender, users: [], remote }, Buffer.from('Subject: x\r\n\r\n'));
  let reads = 0;
  const domains = new SenderDomains({
    read: (id) => {
      reads++;
      return store.queue.read(id);
    },
  });
  const entries = store.queue.entries();
  const found = [];
  for (const entry of entries) found.push(await domains.of(entry));
  assert.deepEqual(found.toSorted(), [
    '',
    '',
    'branch.example',
    'branch.example',
    'office.example',
    'office.example',
  ]);
  assert.deepEqual([reads, domains.size], [3, 3]);
  const left = entries.slice(-1);
  domains.retain(left);
  assert.equal(domains.size, 1);
  for (const entry of left) await domains.of(entry);
  assert.equal(reads, 3);
});
