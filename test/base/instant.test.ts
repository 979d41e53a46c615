import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Milliseconds, Seconds } from '../../src/base/duration.ts';
import { Instant, Timestamp, after, between } from '../../src/base/instant.ts';

test('after() moves a point of either clock, also backwards', () => {
  assert.equal(after(Instant(1000), Seconds(2)), 3000);
  assert.equal(after(Timestamp(1000), Milliseconds(-1)), 999);
});

test('between() is what after() has to be given, negative if the second point is earlier', () => {
  const [early, late] = [Instant(1000), Instant(3500)];
  assert.equal(between(early, late), 2500);
  assert.equal(between(late, early), -2500);
  assert.equal(after(early, between(early, late)), late);
});
