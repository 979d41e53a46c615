import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Minutes } from '../../../src/base/duration.ts';
import { Notices } from '../../../src/role/net/notices.ts';
import { FakeClock } from '../../fake/fake-clock.ts';
import { MemoryLog } from '../../fake/memory-log.ts';

function harness(): { clock: FakeClock; log: MemoryLog; notices: Notices } {
  const [clock, log] = [new FakeClock(), new MemoryLog()];
  return { clock, log, notices: new Notices(clock, log, () => {}) };
}

test('note() logs a problem once, for as long as it is the same', () => {
  const { log, notices } = harness();
  notices.note('dns', 'port taken');
  notices.note('dns', 'port taken');
  assert.deepEqual([...notices.problems], [['dns', 'port taken']]);
  notices.note('dns', undefined);
  assert.equal(notices.problems.size, 0);
  assert.equal(log.text, 'dns: port taken');
});

test('warnings() are shown until they have not come back for 70 minutes', async () => {
  const { clock, notices } = harness();
  notices.warn('leases', 'one');
  await clock.advance(Minutes(60));
  notices.warn('leases', 'two');
  await clock.advance(Minutes(11));
  assert.deepEqual(notices.warnings(), [{ name: 'leases', reason: 'two' }]);
});

test('warnings() are at most 100: the oldest gives way', () => {
  const { notices } = harness();
  for (let index = 0; index < 105; index++) notices.warn('leases', String(index));
  assert.equal(notices.warnings().length, 100);
  assert.equal(notices.warnings()[0]?.reason, '5');
});
