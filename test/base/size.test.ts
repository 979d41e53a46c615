import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatSize } from '../../src/base/size.ts';

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
