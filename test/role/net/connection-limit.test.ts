import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { connectionLimit } from '../../../src/role/net/connection-limit.ts';

const MIB = 1024 * 1024;

test('connectionLimit() is one connection for 16 KiB of memory, between 16384 and 262144', () => {
  for (const [mebibytes, limit] of [
    [64, 16_384],
    [256, 16_384],
    [512, 32_768],
    [922, 57_344],
    [1024, 65_536],
    [2048, 131_072],
    [4096, 262_144],
    [24_105, 262_144],
  ] as const)
    assert.equal(connectionLimit(mebibytes * MIB), limit, `${mebibytes} MiB`);
});

test('connectionLimit() is a whole number of pages of places for any memory', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 2 ** 40 }), (memory) => {
      const limit = connectionLimit(memory);
      assert.equal(limit % 8192, 0);
      assert.ok(limit >= 16_384 && limit <= 262_144);
    }),
  );
});
