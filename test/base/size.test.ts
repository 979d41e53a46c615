import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatBytes, formatSize } from '../../src/base/size.ts';

test('formatSize() writes octets as the configuration does, with the largest unit that fits', () => {
  for (const [octets, text] of [
    [0, '0'],
    [1023, '1023'],
    [1024, '1K'],
    [1536, '1.5K'],
    [12_345, '12K'],
    [2 * 2 ** 30, '2G'],
    [2000 * 2 ** 40, '2000T'],
  ] as const)
    assert.equal(formatSize(octets), text);
});

test('formatBytes() takes the unit in which the number is below 1024', () => {
  const sizes: readonly [number, string][] = [
    [0, '0 bytes'],
    [1, '1 byte'],
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
