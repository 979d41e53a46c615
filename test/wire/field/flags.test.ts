import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { fromHex, toHex } from '../../../src/base/hex.ts';
import { decodeAll, encodeAll } from '../../../src/wire/field/codec.ts';
import { flags } from '../../../src/wire/field/flags.ts';
import { u16, u32, u32Le, u8 } from '../../../src/wire/field/scalars.ts';

const bits = flags(u16, { broadcast: 0x8000, last: 0x0001 });

test('flags() reads and writes the named bits', () => {
  assert.deepEqual(decodeAll(bits, fromHex('8000')), { broadcast: true, last: false, unknown: 0 });
  assert.deepEqual(decodeAll(bits, fromHex('0001')), { broadcast: false, last: true, unknown: 0 });
  assert.equal(toHex(encodeAll(bits, { broadcast: true, last: true, unknown: 0 })), '8001');
});

test('flags() keeps bits without a name and writes them back', () => {
  const value = decodeAll(bits, fromHex('f00f'));
  assert.deepEqual(value, { broadcast: true, last: true, unknown: 0x700e });
  assert.equal(toHex(encodeAll(bits, value)), 'f00f');
});

test('flags() takes the top bit of 32 for a bit, not for a sign', () => {
  const named = flags(u32, { top: 0x8000_0000 });
  assert.deepEqual(decodeAll(named, fromHex('80000001')), { top: true, unknown: 1 });
  assert.equal(toHex(encodeAll(named, { top: true, unknown: 1 })), '80000001');
  const unnamed = flags(u32, { low: 1 });
  assert.deepEqual(decodeAll(unnamed, fromHex('80000001')), { low: true, unknown: 0x8000_0000 });
  assert.equal(toHex(encodeAll(unnamed, { low: true, unknown: 0x8000_0000 })), '80000001');
});

test('flags() gives back any integer of any width unchanged', () => {
  const table = { a: 1, b: 0x40, c: 0x80 } as const;
  const octet = flags(u8, table);
  const word = flags(u32Le, { ...table, d: 0x4000_0000 });
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 4, maxLength: 4 }), (bytes) => {
      assert.deepEqual(encodeAll(word, decodeAll(word, bytes)), bytes);
      const one = bytes.subarray(0, 1);
      assert.equal(toHex(encodeAll(octet, decodeAll(octet, one))), toHex(one));
    }),
  );
});
