import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatBytes, formatSpan, formatTime } from '../../../src/web/views/format.ts';

test('formatBytes() takes the unit in which the number is below 1024', () => {
  const sizes: readonly [number, string][] = [
    [0, '0 bytes'],
    [1023, '1023 bytes'],
    [1024, '1.0 KiB'],
    [1536, '1.5 KiB'],
    [2 ** 20, '1.0 MiB'],
    [25 * 2 ** 20, '25.0 MiB'],
    [3 * 2 ** 30, '3.0 GiB'],
    [2 ** 40, '1.0 TiB'],
    [2 ** 51, '2048.0 TiB'],
  ];
  for (const [count, text] of sizes) assert.equal(formatBytes(count), text);
});

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
