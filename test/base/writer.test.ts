import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { InvariantError } from '../../src/base/errors.ts';
import { fromHex, toHex } from '../../src/base/hex.ts';
import { Reader } from '../../src/base/reader.ts';
import { Writer } from '../../src/base/writer.ts';

const NUMBERS: readonly [string, number, (writer: Writer, value: number) => Writer, string][] = [
  ['u8', 0xff, (writer, value) => writer.u8(value), 'ff'],
  ['u16', 0xfffe, (writer, value) => writer.u16(value), 'fffe'],
  ['u16Le', 0xfffe, (writer, value) => writer.u16Le(value), 'feff'],
  ['u32', 0xffff_fffe, (writer, value) => writer.u32(value), 'fffffffe'],
  ['u32Le', 0xffff_fffe, (writer, value) => writer.u32Le(value), 'feffffff'],
];

for (const [name, high, write, hex] of NUMBERS) {
  test(`Writer.${name}() writes its whole range and refuses numbers that do not fit`, () => {
    assert.equal(toHex(write(new Writer(), high).finish()), hex);
    assert.match(toHex(write(new Writer(), 0).finish()), /^(00)+$/);
    const beyond = 2 ** (hex.length * 4);
    for (const value of [-1, beyond, 0.5, Number.NaN, Infinity]) {
      const writer = new Writer();
      assert.throws(() => write(writer, value), InvariantError, String(value));
      assert.equal(writer.length, 0);
    }
  });
}

test('Writer.u64() and u64Le() write their whole range and refuse numbers that do not fit', () => {
  const high = 2n ** 64n - 2n;
  assert.equal(toHex(new Writer().u64(high).u64(0n).finish()), 'fffffffffffffffe0000000000000000');
  assert.equal(toHex(new Writer().u64Le(high).finish()), 'feffffffffffffff');
  for (const value of [-1n, 2n ** 64n]) {
    assert.throws(() => new Writer().u64(value), InvariantError);
    assert.throws(() => new Writer().u64Le(value), InvariantError);
  }
});

test('Writer patches numbers written earlier and leaves what is beside them', () => {
  const writer = new Writer().bytes(fromHex('aabbccddeeff0011'));
  assert.equal(toHex(writer.patchU16(1, 0x1234).finish()), 'aa1234ddeeff0011');
  assert.equal(toHex(writer.patchU16Le(1, 0x1234).finish()), 'aa3412ddeeff0011');
  assert.equal(toHex(writer.patchU8(7, 0xff).finish()), 'aa3412ddeeff00ff');
  assert.equal(writer.length, 8);
});

test('Writer refuses to patch a number that does not fit, or a place that was not written', () => {
  const writer = new Writer(64).u32(0);
  for (const [at, value] of [
    [0, 0x1_0000],
    [0, -1],
    [3, 0],
    [-1, 0],
  ] as const) {
    assert.throws(() => writer.patchU16(at, value), InvariantError);
    assert.throws(() => writer.patchU16Le(at, value), InvariantError);
  }
  for (const [at, value] of [
    [0, 0x100],
    [0, -1],
    [4, 0],
    [-1, 0],
  ] as const)
    assert.throws(() => writer.patchU8(at, value), InvariantError);
  assert.equal(toHex(writer.finish()), '00000000');
});

test('Writer.align() fills up with zeros to the next multiple, counted from the start', () => {
  for (const [length, wanted] of [
    [0, 0],
    [1, 4],
    [4, 4],
    [5, 8],
  ] as const) {
    const writer = new Writer().bytes(new Uint8Array(length).fill(255)).align(4);
    assert.equal(writer.length, wanted);
    assert.equal(toHex(writer.finish()), 'ff'.repeat(length) + '00'.repeat(wanted - length));
  }
});

test('Writer grows from any capacity and keeps what it holds', () => {
  const parts = fc.array(fc.uint8Array({ maxLength: 300 }));
  fc.assert(
    fc.property(fc.nat(20), parts, (capacity, values) => {
      const writer = new Writer(capacity);
      for (const value of values) writer.bytes(value).zeros(1);
      const wanted = values.map((value) => `${toHex(value)}00`).join('');
      assert.equal(toHex(writer.finish()), wanted);
    }),
  );
});

test('Writer.finish() gives a copy: what is written later does not change it', () => {
  const writer = new Writer().u16(1);
  const before = writer.finish();
  writer.patchU16(0, 2).u8(3);
  assert.equal(toHex(before), '0001');
  assert.equal(toHex(writer.finish()), '000203');
});

test('Writer and Reader are inverse for numbers of every width', () => {
  const numbers = fc.tuple(
    fc.nat(0xff),
    fc.nat(0xffff),
    fc.integer({ min: 0, max: 0xffff_ffff }),
    fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
  );
  fc.assert(
    fc.property(numbers, ([a, b, c, d]) => {
      const bytes = new Writer().u8(a).u16(b).u16Le(b).u32(c).u32Le(c).u64(d).u64Le(d).finish();
      const r = new Reader(bytes);
      assert.deepEqual(
        [r.u8(), r.u16(), r.u16Le(), r.u32(), r.u32Le(), r.u64(), r.u64Le()],
        [a, b, b, c, c, d, d],
      );
      r.finish();
    }),
  );
});
