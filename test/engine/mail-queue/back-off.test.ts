import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Days, Hours, Minutes } from '../../../src/base/duration.ts';
import { Timestamp, after } from '../../../src/base/instant.ts';
import { isMisplaced, nextAttemptAt, retryDelay } from '../../../src/engine/mail-queue/back-off.ts';
import { DEFAULT_QUEUE_LIMITS as LIMITS } from '../../../src/engine/mail-queue/limits.ts';
import { FakeRandom } from '../../fake/fake-random.ts';

const NOW = Timestamp(Date.UTC(2026, 0, 15, 12));

test('retryDelay() doubles from 5 minutes to 4 hours, an eighth more or less (RFC 5321 section 4.5.4.1)', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 1000 }), fc.integer(), (attempts, seed) => {
      const pause = Math.min(Minutes(5) * 2 ** Math.min(Math.max(attempts, 1) - 1, 30), Hours(4));
      const delay = retryDelay(attempts, new FakeRandom(seed), LIMITS);
      assert.ok(delay >= (pause * 7) / 8 - 1 && delay <= (pause * 9) / 8);
    }),
  );
});

test('nextAttemptAt() does not sleep through the time of the delay notice, nor through the end', () => {
  const random = new FakeRandom(1);
  const at = (age: number, attempts: number): number =>
    nextAttemptAt({ accepted: Timestamp(NOW - age), attempts }, { now: NOW, random }, LIMITS) - NOW;
  assert.equal(at(Hours(3), 6), Hours(1));
  assert.equal(at(Days(5) - Hours(2), 30), Hours(2));
  assert.ok(at(Hours(5), 30) > Hours(3));
});

test('isMisplaced() tells an entry that only a wrong clock can have put off', () => {
  assert.equal(isMisplaced({ nextAttempt: after(NOW, Hours(5)) }, NOW, LIMITS), false);
  assert.equal(isMisplaced({ nextAttempt: after(NOW, Days(2)) }, NOW, LIMITS), true);
});
