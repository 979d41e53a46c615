import assert from 'node:assert/strict';
import { test } from 'node:test';
import { crc32 as zlibCrc32 } from 'node:zlib';
import fc from 'fast-check';
import { crc32 } from '../../src/base/crc32.ts';
import { latin1 } from '../../src/base/text.ts';

test('crc32() of "123456789" is cbf43926, the check value of this checksum (ISO 3309)', () => {
  assert.equal(crc32(latin1('123456789')), 0xcbf4_3926);
  assert.equal(crc32(latin1('The quick brown fox jumps over the lazy dog')), 0x414f_a339);
  assert.equal(crc32(new Uint8Array(32)), 0x190a_55ad);
  assert.equal(crc32(new Uint8Array()), 0);
});

test('crc32() agrees with zlib from any seed', () => {
  fc.assert(
    fc.property(fc.uint8Array(), fc.integer({ min: 0, max: 0xffff_ffff }), (bytes, seed) => {
      assert.equal(crc32(bytes, seed), zlibCrc32(bytes, seed));
    }),
  );
});

test('crc32() with the checksum of what came before goes on from there, wherever the bytes are cut', () => {
  const bytes = latin1('123456789');
  for (let cut = 0; cut <= bytes.length; cut++)
    assert.equal(crc32(bytes.subarray(cut), crc32(bytes.subarray(0, cut))), 0xcbf4_3926);
});
