import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Days, Hours } from '../../../src/base/duration.ts';
import { Timestamp, after } from '../../../src/base/instant.ts';
import {
  FUTILE_AFTER,
  RING_SIZE,
  type SelfRestart,
  addRestart,
  decodeRing,
  encodeRing,
  futileChecks,
} from '../../../src/engine/watchdog/restart-ring.ts';

const NOW = Timestamp(Date.UTC(2026, 5, 1));
const one = (check: string, hoursAgo: number): SelfRestart => ({
  time: after(NOW, Hours(-hoursAgo)),
  check,
  reason: 'no answer',
});

test('addRestart() keeps the newest', () => {
  let ring: readonly SelfRestart[] = [];
  for (let hours = 30; hours > 0; hours--) ring = addRestart(ring, one('names', hours));
  assert.equal(ring.length, RING_SIZE);
  assert.deepEqual(ring.at(-1), one('names', 1));
});

test('futileChecks() names what three restarts within a day have not mended', () => {
  assert.equal(FUTILE_AFTER, 3);
  const ring = [one('names', 20), one('kernel', 5), one('names', 2), one('names', 1)];
  assert.deepEqual([...futileChecks(ring, NOW)], ['names']);
  assert.deepEqual(
    [...futileChecks(ring, after(NOW, Hours(5)))],
    [],
    'the first one is forgotten after a day',
  );
});

test('addRestart() lets no resets of network cards push out the restarts of the board that show it futile', () => {
  let ring: readonly SelfRestart[] = [one('cards', 20), one('cards', 19), one('cards', 18)];
  for (let count = 0; count < 2 * RING_SIZE; count++)
    ring = addRestart(ring, { ...one('wan0', 1), isCard: true });
  assert.equal(ring.length, RING_SIZE + 3);
  assert.deepEqual([...futileChecks(decodeRing(encodeRing(ring)), NOW)], ['cards']);
});

test('futileChecks() counts restarts of a clock that has been put back since', () => {
  const ring = [one('names', 3), one('names', 2), one('names', 1)];
  assert.deepEqual([...futileChecks(ring, after(NOW, Days(-9000)))], ['names']);
});

test('decodeRing() reads what was written, and nothing from anything else', () => {
  const ring = [one('names', 20), one('kernel', 5)];
  assert.deepEqual(decodeRing(encodeRing(ring)), ring);
  for (const text of ['', '{', '{}', '[1]', '[{"time":"x"}]', 'null']) assert.deepEqual(decodeRing(text), []);
  fc.assert(fc.property(fc.json(), (text) => assert.ok(decodeRing(text).length <= 2 * RING_SIZE)));
});
