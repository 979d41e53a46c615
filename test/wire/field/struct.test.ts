import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { DecodeError } from '../../../src/base/errors.ts';
import { fromHex, toHex } from '../../../src/base/hex.ts';
import { decodeAll, encodeAll } from '../../../src/wire/field/codec.ts';
import type { Field } from '../../../src/wire/field/field.ts';
import { padding, rest, u16, u32Le, u8 } from '../../../src/wire/field/scalars.ts';
import { struct } from '../../../src/wire/field/struct.ts';

const inner = struct({ first: u8, second: u32Le });
const outer = struct({ kind: u8, pad: padding(2), length: u16, inner, rest });

const value = {
  kind: 7,
  pad: undefined,
  length: 0x0102,
  inner: { first: 3, second: 0x0403_0201 },
  rest: fromHex('aabb'),
};

test('struct() lays its fields out in the order of its properties, without gaps', () => {
  assert.equal(toHex(encodeAll(outer, value)), '07000001020301020304aabb');
  assert.deepEqual(decodeAll(outer, fromHex('07000001020301020304aabb')), value);
});

test('struct() ignores reserved bytes when it reads and writes them as zero', () => {
  const decoded = decodeAll(outer, fromHex('07ffff01020301020304aabb'));
  assert.equal(toHex(encodeAll(outer, decoded)), '07000001020301020304aabb');
});

test('struct() errors behind a struct within it carry the name of the field that failed', () => {
  const both = struct({ inner, last: u16 });
  assert.throws(
    () => decodeAll(both, fromHex('030102030401')),
    (error) => error instanceof DecodeError && error.path === 'last' && error.offset === 5,
  );
});

test('struct() errors carry the path to the field and the offset in the whole message', () => {
  assert.throws(
    () => decodeAll(outer, fromHex('07000001020301')),
    (error) => error instanceof DecodeError && error.path === 'inner/second' && error.offset === 6,
  );
  assert.throws(
    () => decodeAll(outer, fromHex('0700')),
    (error) => error instanceof DecodeError && error.path === 'pad' && error.offset === 1,
  );
});

test('struct() throws only DecodeError for every cut, and an empty one reads nothing', () => {
  const whole = encodeAll(outer, value);
  for (let length = 0; length < 10; length++)
    assert.throws(() => decodeAll(outer, whole.subarray(0, length)), DecodeError);
  assert.deepEqual(decodeAll(struct({}), new Uint8Array()), {});
});

test('decodeAll() refuses left-over bytes and says how many', () => {
  assert.throws(
    () => decodeAll(inner, fromHex('0301020304ffff')),
    (error) => error instanceof DecodeError && error.offset === 5 && error.message === '2 bytes left over',
  );
});

test('encodeAll() and decodeAll() are inverse for any fields', () => {
  const octet = fc.nat(255);
  const word = fc.integer({ min: 0, max: 0xffff_ffff });
  fc.assert(
    fc.property(octet, fc.nat(0xffff), word, fc.uint8Array(), (kind, length, second, bytes) => {
      const one = { kind, pad: undefined, length, inner: { first: kind, second }, rest: bytes };
      assert.deepEqual(decodeAll<typeof one>(outer as Field<typeof one>, encodeAll(outer, one)), one);
    }),
  );
});
