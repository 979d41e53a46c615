import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DecodeError, InvariantError } from '../../../src/base/errors.ts';
import { fromHex, toHex } from '../../../src/base/hex.ts';
import { parseIpv4 } from '../../../src/base/ipv4.ts';
import { parseIpv6 } from '../../../src/base/ipv6.ts';
import { parseMac } from '../../../src/base/mac.ts';
import { decodeAll, encodeAll } from '../../../src/wire/field/codec.ts';
import type { Field } from '../../../src/wire/field/field.ts';
import {
  bytes,
  ipv4,
  ipv6,
  mac,
  padded,
  rest,
  s32Le,
  u16,
  u16Le,
  u32,
  u32Le,
  u64,
  u64Le,
  u8,
} from '../../../src/wire/field/scalars.ts';

interface Vector<T> {
  readonly name: string;
  readonly field: Field<T>;
  readonly value: T;
  readonly hex: string;
}

function vector<T>(name: string, field: Field<T>, value: T, hex: string): Vector<unknown> {
  return { name, field, value, hex };
}

const VECTORS = [
  vector('u8', u8, 0xfe, 'fe'),
  vector('u16', u16, 0x0102, '0102'),
  vector('u16Le', u16Le, 0x0102, '0201'),
  vector('u32', u32, 0xff02_0304, 'ff020304'),
  vector('u32Le', u32Le, 0xff02_0304, '040302ff'),
  vector('u64', u64, 0xff02_0304_0506_0708n, 'ff02030405060708'),
  vector('u64Le', u64Le, 0xff02_0304_0506_0708n, '08070605040302ff'),
  vector('s32Le', s32Le, 1, '01000000'),
  vector('s32Le', s32Le, -2, 'feffffff'),
  vector('s32Le', s32Le, -0x8000_0000, '00000080'),
  vector('bytes', bytes(3), fromHex('010203'), '010203'),
  vector('ipv4', ipv4, parseIpv4('192.0.2.1'), 'c0000201'),
  vector('ipv6', ipv6, parseIpv6('2001:db8::1'), '20010db8000000000000000000000001'),
  vector('mac', mac, parseMac('02:00:00:00:00:20'), '020000000020'),
];

for (const { name, field, value, hex } of VECTORS) {
  test(`${name} reads ${hex}, writes it back, and rejects every cut of it`, () => {
    assert.deepEqual(decodeAll(field, fromHex(hex)), value);
    assert.equal(toHex(encodeAll(field, value)), hex);
    for (let length = 0; length < hex.length / 2; length++)
      assert.throws(() => decodeAll(field, fromHex(hex).subarray(0, length)), DecodeError);
  });
}

test('rest takes everything, also nothing', () => {
  for (const hex of ['', '0102']) {
    assert.equal(toHex(decodeAll(rest, fromHex(hex))), hex);
    assert.equal(toHex(encodeAll(rest, fromHex(hex))), hex);
  }
});

test('bytes() refuses to write another length than its own', () => {
  for (const length of [0, 2, 4])
    assert.throws(() => encodeAll(bytes(3), new Uint8Array(length)), InvariantError);
});

test('padded() fills up with zeros, reads them too, and refuses more than its length', () => {
  for (const [value, hex] of [
    ['', '000000'],
    ['01', '010000'],
    ['010203', '010203'],
  ] as const) {
    assert.equal(toHex(encodeAll(padded(3), fromHex(value))), hex);
    assert.equal(toHex(decodeAll(padded(3), fromHex(hex))), hex);
  }
  assert.throws(() => encodeAll(padded(3), new Uint8Array(4)), InvariantError);
  assert.throws(() => decodeAll(padded(3), new Uint8Array(2)), DecodeError);
});

test('s32Le refuses to write numbers of more than 32 bits with sign', () => {
  for (const value of [0x8000_0000, -0x8000_0001, 0.5])
    assert.throws(() => encodeAll(s32Le, value), InvariantError, String(value));
});
