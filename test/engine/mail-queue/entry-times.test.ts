import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Days, Hours, Milliseconds, Minutes } from '../../../src/base/duration.ts';
import { Timestamp, after, between } from '../../../src/base/instant.ts';
import {
  LONGEST_ABSENCE,
  queueTime,
  timesAfterJump,
  timesAtStart,
} from '../../../src/engine/mail-queue/entry-times.ts';

const NOW = Timestamp(Date.UTC(2026, 10, 23));
const ago = (hours: number): Timestamp => after(NOW, Hours(-hours));

test('timesAtStart() leaves alone what a queue that was stopped for less than a day has', () => {
  for (const hours of [-4, 0, 1, 24])
    assert.equal(timesAtStart({ id: 1, accepted: ago(100), nextAttempt: ago(hours) }, NOW), undefined);
});

test('timesAtStart() counts a day of a longer absence', () => {
  const times = timesAtStart({ id: 1, accepted: ago(1010), nextAttempt: ago(1000) }, NOW);
  assert.deepEqual(times, { accepted: ago(34), nextAttempt: NOW });
});

test('timesAtStart() makes due what only another clock can have put off so far', () => {
  const times = timesAtStart({ id: 1, accepted: ago(-990), nextAttempt: ago(-1000) }, NOW);
  assert.deepEqual(times, { accepted: ago(10), nextAttempt: NOW });
});

test('timesAfterJump() tells what came before the jump from what came after it', () => {
  const jump = { by: Days(-100), within: Minutes(30), lastId: 7 } as const;
  const old = { id: 7, accepted: after(NOW, Days(99)), nextAttempt: after(NOW, Days(101)) };
  assert.deepEqual(timesAfterJump(old, jump, NOW), { accepted: ago(24), nextAttempt: after(NOW, Hours(8)) });
  const early = { id: 8, accepted: after(NOW, Days(100)), nextAttempt: after(NOW, Days(100)) };
  assert.deepEqual(timesAfterJump(early, jump, NOW), { accepted: NOW, nextAttempt: NOW });
  assert.equal(timesAfterJump({ id: 8, accepted: ago(0.25), nextAttempt: NOW }, jump, NOW), undefined);
});

test('an entry keeps its age through any jump, and is due within 8 hours', () => {
  const time = fc.integer({ min: 0, max: Date.UTC(2110, 0) });
  fc.assert(
    fc.property(time, time, fc.integer({ min: 0, max: Days(6) }), (from, to, aged) => {
      const [before, now] = [queueTime(Timestamp(from)), queueTime(Timestamp(to))];
      const entry = { id: 1, accepted: after(before, Milliseconds(-aged)), nextAttempt: before };
      const jump = { by: between(before, now), within: Minutes(1), lastId: 1 };
      const { accepted, nextAttempt } = timesAfterJump(entry, jump, now) ?? entry;
      assert.equal(between(accepted, now), aged);
      assert.ok(nextAttempt >= now && nextAttempt <= after(now, Hours(8)));
    }),
  );
});

test('an entry is not a day older than planned at any start, never younger than its times say, and is due within 8 hours', () => {
  const time = fc.integer({ min: 0, max: Date.UTC(2110, 0) });
  fc.assert(
    fc.property(time, time, fc.integer({ min: 0, max: Days(6) }), (from, to, aged) => {
      const [next, now] = [queueTime(Timestamp(from)), queueTime(Timestamp(to))];
      const entry = { id: 1, accepted: after(next, Milliseconds(-aged)), nextAttempt: next };
      const times = timesAtStart(entry, now) ?? entry;
      const age = between(times.accepted, after(now, Milliseconds(Math.max(0, times.nextAttempt - now))));
      assert.ok(age >= aged && age <= aged + LONGEST_ABSENCE, `${age} and ${aged}`);
      assert.ok(times.nextAttempt <= after(now, Hours(8)));
    }),
  );
});
