import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Timestamp } from '../../src/base/instant.ts';
import { formatMoment, formatSpan, formatTime } from '../../src/base/time-text.ts';

test('formatSpan() shows the two largest units at most, rounded down', () => {
  const [second, minute, hour, day] = [1000, 60_000, 3_600_000, 86_400_000];
  const spans: readonly [number, string][] = [
    [0, '0 s'],
    [999, '0 s'],
    [59 * second, '59 s'],
    [minute, '1 min'],
    [12 * minute + 59 * second, '12 min'],
    [hour, '1 h 0 min'],
    [day - 1, '23 h 59 min'],
    [3 * day + 4 * hour + 59 * minute, '3 d 4 h'],
  ];
  for (const [milliseconds, text] of spans) assert.equal(formatSpan(milliseconds), text);
});

test('formatTime() says that it is UTC', () => {
  assert.equal(formatTime('2026-11-22T17:21:24.000Z'), '2026-11-22 17:21 UTC');
});

test('formatTime() gives no date of a clock that was not set', () => {
  for (const time of ['1970-01-01T00:03:00.000Z', '1971-01-01T00:00:00.000Z', Timestamp(0)])
    assert.equal(formatTime(time), 'time not known');
});

test('formatMoment() reckons from now what is nearer than two days, and dates the rest', () => {
  const now = Timestamp(Date.parse('2026-11-22T12:00:00.500Z'));
  const moments: readonly [string, string][] = [
    ['2026-11-22T12:00:00.000Z', 'now'],
    ['2026-11-22T12:00:09.000Z', 'in 8 s'],
    ['2026-11-22T11:59:00.000Z', '1 min ago'],
    ['2026-11-22T12:04:59.000Z', 'in 5 min'],
    ['2026-11-23T00:00:00.000Z', 'in 12 h 0 min'],
    ['2026-11-21T11:00:00.000Z', '1 d 1 h ago'],
    ['2026-11-20T12:00:00.000Z', '2026-11-20 12:00 UTC'],
    ['2026-12-01T12:00:00.000Z', '2026-12-01 12:00 UTC'],
  ];
  for (const [time, text] of moments) assert.equal(formatMoment(time, now), text);
});

test('formatTime() and formatMoment() leave alone what is no time: a lease may end never', () => {
  assert.equal(formatTime('never'), 'never');
  assert.equal(formatMoment('never', Timestamp(Date.parse('2026-11-22T12:00:00Z'))), 'never');
});

test('formatMoment() reckons nothing from or to a clock that was not set', () => {
  const [unset, set] = [Timestamp(60_000), Timestamp(Date.parse('2026-11-22T12:00:00Z'))];
  assert.equal(formatMoment(unset, set), 'time not known');
  assert.equal(formatMoment(Timestamp(0), unset), 'time not known');
  assert.equal(formatMoment(set, unset), '2026-11-22 12:00 UTC');
});
