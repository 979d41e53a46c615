import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { DecodeError } from '../../src/base/errors.ts';
import { fromHex, toHex } from '../../src/base/hex.ts';
import { Reader } from '../../src/base/reader.ts';

const BYTES = fromHex('0102030405060708');

const READS: readonly [string, number, (reader: Reader) => unknown, unknown][] = [
  ['u8', 1, (reader) => reader.u8(), 0x01],
  ['u16', 2, (reader) => reader.u16(), 0x0102],
  ['u16Le', 2, (reader) => reader.u16Le(), 0x0201],
  ['u32', 4, (reader) => reader.u32(), 0x0102_0304],
  ['u32Le', 4, (reader) => reader.u32Le(), 0x0403_0201],
  ['u64', 8, (reader) => reader.u64(), 0x0102_0304_0506_0708n],
  ['u64Le', 8, (reader) => reader.u64Le(), 0x0807_0605_0403_0201n],
  ['bytes', 3, (reader) => toHex(reader.bytes(3)), '010203'],
  ['skip', 3, (reader) => reader.skip(3), undefined],
  ['sub', 3, (reader) => toHex(reader.sub(3).rest()), '010203'],
];

/** Whether an error says that it happened there. */
const at =
  (offset: number, path: string) =>
  (error: unknown): boolean =>
    error instanceof DecodeError && error.offset === offset && error.path === path;

for (const [name, size, read, wanted] of READS) {
  test(`Reader.${name}() reads ${size} bytes, and throws with offset and path if one of them is missing`, () => {
    const reader = new Reader(BYTES);
    assert.equal(read(reader), wanted);
    assert.deepEqual([reader.position, reader.remaining], [size, BYTES.length - size]);
    for (let length = 0; length < size; length++) {
      const short = new Reader(BYTES.subarray(0, length), 100);
      assert.throws(() => short.within('field', () => read(short)), at(100, 'field'));
      assert.equal(short.position, 0);
    }
  });
}

test('Reader reads all bits of the largest numbers as unsigned', () => {
  const ones = new Uint8Array(8).fill(255);
  assert.equal(new Reader(ones).u32(), 0xffff_ffff);
  assert.equal(new Reader(ones).u32Le(), 0xffff_ffff);
  assert.equal(new Reader(ones).u64(), 2n ** 64n - 1n);
});

test('Reader reads a part of a larger buffer and nothing beside it', () => {
  const reader = new Reader(BYTES.subarray(2, 6));
  assert.equal(reader.u32(), 0x0304_0506);
  assert.throws(() => reader.u8(), at(4, ''));
});

test('Reader.bytes() refuses a negative length, as a wrong length field yields one', () => {
  assert.throws(() => new Reader(BYTES).bytes(-1), at(0, ''));
  assert.throws(() => new Reader(BYTES).sub(-1), at(0, ''));
});

test('Reader.rest() takes what is left, which may be nothing', () => {
  const reader = new Reader(BYTES);
  reader.skip(6);
  assert.equal(toHex(reader.rest()), '0708');
  assert.equal(reader.rest().length, 0);
  assert.equal(reader.whole, BYTES);
});

test('Reader.finish() refuses left-over bytes and says how many there are and where', () => {
  const reader = new Reader(BYTES);
  reader.skip(5);
  assert.throws(() => reader.finish(), at(5, ''));
  assert.throws(() => reader.finish(), /^DecodeError: 3 bytes left over$/);
  reader.skip(3);
  reader.finish();
});

test('Reader.sub() counts offsets from the outermost message and stays within its own bytes', () => {
  const outer = new Reader(BYTES);
  outer.skip(2);
  const inner = outer.sub(3);
  assert.equal(outer.position, 5);
  assert.equal(inner.sub(1).u8(), 3);
  assert.equal(inner.u16(), 0x0405);
  assert.throws(() => inner.u8(), at(5, ''));
});

test('Reader.over() reads bytes again under another name, with their place in the outermost message', () => {
  const outer = new Reader(BYTES);
  outer.skip(1);
  const inner = outer.sub(5);
  inner.skip(1);
  const part = inner.bytes(2);
  inner.skip(2);
  assert.throws(() => inner.within('meta', () => inner.over(part).u32()), at(2, 'meta'));
  assert.equal(inner.over(part).u16(), 0x0304);
});

test('Reader.within() nests names to a path, which readers made inside of it carry on', () => {
  const reader = new Reader(BYTES);
  assert.throws(
    () => reader.within('options', () => reader.within(3, () => reader.sub(2).u32())),
    (error) => at(0, 'options/3')(error) && String(error).startsWith('DecodeError: options/3: '),
  );
});

test('Reader.within() forgets its name afterwards, also when what it ran has failed', () => {
  const reader = new Reader(BYTES);
  reader.within('one', () => reader.u8());
  assert.throws(() => reader.within('two', () => reader.bytes(100)), at(1, 'two'));
  assert.throws(() => reader.bytes(100), at(1, ''));
});

test('Reader.rename() gives the innermost name for the rest of what within() runs, also to readers made before', () => {
  const reader = new Reader(BYTES);
  const inner = reader.within('options', () =>
    reader.within('', () => {
      reader.rename(3);
      const part = reader.sub(2);
      reader.rename('last');
      assert.throws(() => part.u32(), at(0, 'options/last'));
      return part;
    }),
  );
  assert.throws(() => inner.u32(), at(0, ''));
  assert.throws(() => reader.within('next', () => reader.bytes(100)), at(2, 'next'));
});

test('Reader gives back all bytes whatever the lengths of the reads', () => {
  fc.assert(
    fc.property(fc.uint8Array(), fc.array(fc.nat(20)), (bytes, lengths) => {
      const reader = new Reader(bytes);
      let hex = '';
      for (const length of lengths) if (length <= reader.remaining) hex += toHex(reader.bytes(length));
      assert.equal(hex + toHex(reader.rest()), toHex(bytes));
      reader.finish();
    }),
  );
});
