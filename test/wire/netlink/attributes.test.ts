import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { DecodeError, InvariantError } from '../../../src/base/errors.ts';
import { fromHex, toHex } from '../../../src/base/hex.ts';
import { decodeAll, encodeAll } from '../../../src/wire/field/codec.ts';
import type { ValueOf } from '../../../src/wire/field/field.ts';
import { rest, u32Le, u8 } from '../../../src/wire/field/scalars.ts';
import { attribute, attributes, cstring, listOf, nested } from '../../../src/wire/netlink/attributes.ts';

const inner = attributes({ kind: attribute(1, cstring), data: attribute(2, rest) });
const table = attributes({
  name: attribute(3, cstring),
  mtu: attribute(4, u32Le),
  info: nested(18, inner),
  state: attribute(16, u8),
});

const VECTORS: readonly [ValueOf<typeof table>, string][] = [
  [{}, ''],
  [{ name: 'lan0' }, '09000300 6c616e30 00000000'],
  [{ mtu: 1492 }, '08000400 d4050000'],
  [{ state: 6 }, '05001000 06000000'],
  [{ info: { kind: 'veth' } }, '10001280 09000100 76657468 00000000'],
  [{ mtu: 1, unknown: [{ type: 0x4021, payload: Uint8Array.of(9) }] }, '08000400 01000000 05002140 09000000'],
];

function decode(hex: string) {
  return decodeAll(table, fromHex(hex));
}

for (const [value, hex] of VECTORS) {
  test(`attributes() maps ${JSON.stringify(value)} to ${hex === '' ? 'nothing' : hex} and back`, () => {
    assert.equal(toHex(encodeAll(table, value)), hex.replaceAll(' ', ''));
    assert.deepEqual(decode(hex), value);
  });
}

test('attributes() reads any order and takes the last of a repeated attribute', () => {
  assert.deepEqual(decode('08000400 01000000 09000300 6c616e30 00000000 08000400 02000000'), {
    mtu: 2,
    name: 'lan0',
  });
});

test('attributes() reads a known type whatever its flag bits', () => {
  assert.deepEqual(decode('08000440 01000000'), { mtu: 1 });
});

test('attributes() reads a last attribute without its padding', () => {
  assert.deepEqual(decode('05001000 06'), { state: 6 });
});

test('attributes() rejects a length below that of the header, naming the place', () => {
  assert.throws(() => decode('03000400 01000000'), /attribute length 3 is below 4/);
});

test('attributes() rejects a payload that is longer than its field, naming the attribute', () => {
  assert.throws(() => decode('0c000400 01000000 02000000'), /mtu: 4 bytes left over/);
});

test('attributes() names the path of a nested error', () => {
  const nestedTable = attributes({ info: nested(18, table) });
  assert.throws(
    () => decodeAll(nestedTable, fromHex('0a001280 06000400 01000000')),
    (error) => error instanceof DecodeError && error.path === 'info/mtu',
  );
});

test('attributes() refuses to write an attribute beyond the 16 bits of nla_len', () => {
  assert.throws(() => encodeAll(inner, { data: new Uint8Array(65_532) }), InvariantError);
});

test('listOf() maps a list to attributes of one type and back', () => {
  const list = listOf(1, u32Le);
  const bytes = encodeAll(list, [7, 8]);
  assert.equal(toHex(bytes), '08000180070000000800018008000000');
  assert.deepEqual(decodeAll(list, bytes), [7, 8]);
  assert.deepEqual(decodeAll(list, new Uint8Array()), []);
});

test('listOf() rejects an element of another type', () => {
  assert.throws(() => decodeAll(listOf(1, u32Le), fromHex('08000280 07000000')), /type 2, 1 wanted/);
});

test('cstring reads text with and without its final zero', () => {
  assert.equal(decodeAll(cstring, fromHex('6c616e3000')), 'lan0');
  assert.equal(decodeAll(cstring, fromHex('6c616e30')), 'lan0');
});

test('attributes() throws nothing but DecodeError for any bytes', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
      try {
        decodeAll(table, bytes);
      } catch (error) {
        assert.ok(error instanceof DecodeError, String(error));
      }
    }),
  );
});
