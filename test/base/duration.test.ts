import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  Days,
  Hours,
  Milliseconds,
  Minutes,
  Seconds,
  formatDuration,
  inSeconds,
  parseDuration,
} from '../../src/base/duration.ts';
import { UserError } from '../../src/base/errors.ts';

test('Seconds(), Minutes(), Hours() and Days() count in milliseconds', () => {
  assert.deepEqual([Milliseconds(7), Seconds(1.5), Minutes(2)], [7, 1500, 120_000]);
  assert.deepEqual([Hours(1), Days(1)], [3_600_000, 86_400_000]);
});

test('parseDuration() and formatDuration() agree on every unit', () => {
  for (const [text, duration] of [
    ['0ms', Milliseconds(0)],
    ['250ms', Milliseconds(250)],
    ['90s', Seconds(90)],
    ['5m', Minutes(5)],
    ['12h', Hours(12)],
    ['6d', Days(6)],
    ['2w', Days(14)],
  ] as const) {
    assert.equal(parseDuration(text), duration);
    assert.equal(formatDuration(duration), text);
  }
});

test('formatDuration() takes the largest unit that divides evenly', () => {
  assert.equal(formatDuration(parseDuration('120s')), '2m');
  assert.equal(formatDuration(parseDuration('36h')), '36h');
  assert.equal(formatDuration(parseDuration('7d')), '1w');
  assert.equal(formatDuration(parseDuration('0w')), '0ms');
});

test('parseDuration() refuses what is no whole number with a unit, and names the text', () => {
  for (const text of ['', '90', 's', '1.5h', '-1s', '+1s', ' 1s', '1 s', '1s ', '1S', '1y', '1h30m', '1e3s'])
    assert.throws(
      () => parseDuration(text),
      (error) => error instanceof UserError && error.message.includes(`"${text}"`),
      text,
    );
  assert.throws(() => parseDuration('1000000000s'), UserError);
});

test('parseDuration() is the inverse of formatDuration()', () => {
  fc.assert(
    fc.property(fc.nat(999_999_999), fc.constantFrom(Milliseconds, Seconds, Minutes), (count, unit) => {
      assert.equal(parseDuration(formatDuration(unit(count))), unit(count));
    }),
  );
});

test('inSeconds() rounds down', () => {
  assert.deepEqual(
    [inSeconds(Milliseconds(1999)), inSeconds(Seconds(2)), inSeconds(Milliseconds(0))],
    [1, 2, 0],
  );
});
