import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { DecodeError } from '../../../src/base/errors.ts';
import { fromHex, toHex } from '../../../src/base/hex.ts';
import { Writer } from '../../../src/base/writer.ts';
import { nameOfLabels, parseDomainName } from '../../../src/wire/dns/domain-name.ts';
import { readName, skipName, writeName } from '../../../src/wire/dns/name.ts';
import { anyLabels } from './arbitrary.ts';

function written(text: string): Uint8Array {
  const writer = new Writer();
  writeName(writer, parseDomainName(text));
  return writer.finish();
}

const VECTORS: readonly [string, string][] = [
  ['.', '00'],
  ['example', '07 6578616d706c65 00'],
  ['f.isi.arpa', '01 66 03 697369 04 61727061 00'],
  ['a\\.b', '03 612e62 00'],
  ['\\000\\255', '02 00ff 00'],
];

test('readName() and writeName() agree on plain names (RFC 1035 §3.1)', () => {
  for (const [text, hex] of VECTORS) {
    const bytes = fromHex(hex);
    assert.deepEqual(readName(bytes, 0), { name: text, next: bytes.length });
    assert.equal(toHex(written(text)), toHex(bytes));
  }
});

test('readName() follows the compressed names of the example (RFC 1035 §4.1.4)', () => {
  const message = new Uint8Array(96);
  message.set(fromHex('01 46 03 495349 04 41525041 00'), 20);
  message.set(fromHex('03 464f4f c014'), 40);
  message.set(fromHex('c01a'), 64);
  message.set(fromHex('00'), 92);
  assert.deepEqual(readName(message, 20), { name: 'f.isi.arpa', next: 32 });
  assert.deepEqual(readName(message, 40), { name: 'foo.f.isi.arpa', next: 46 });
  assert.deepEqual(readName(message, 64), { name: 'arpa', next: 66 });
  assert.deepEqual(readName(message, 92), { name: '.', next: 93 });
});

test('readName() rejects pointers to itself, forward, and into the part they end (RFC 1035 §4.1.4)', () => {
  for (const hex of ['c000', '0161c000', '0161c002', 'c00400000000', 'c002c000', '0161c001'])
    assert.throws(() => readName(fromHex(hex), 0), DecodeError, hex);
});

test('readName() gives up on a long chain of pointers', () => {
  const chain = new Uint8Array(2 * 200);
  for (let i = 1; i < 200; i++) chain.set([0xc0 | ((2 * i - 2) >> 8), (2 * i - 2) & 255], 2 * i);
  assert.deepEqual(readName(chain, 200), { name: '.', next: 202 });
  assert.throws(() => readName(chain, 398), DecodeError);
});

test('readName() rejects unknown label types, cut names and names over 255 octets', () => {
  for (const hex of ['', '40', '80', '03 6161', '01', 'c0', '0161'])
    assert.throws(() => readName(fromHex(hex), 0), DecodeError, hex);
  const long = fromHex(`${`3f${'61'.repeat(63)}`.repeat(4)}00`);
  assert.throws(() => readName(long, 0), DecodeError);
});

test('readName() is the inverse of writeName() for labels of any octets, and skipName() finds the same end', () => {
  fc.assert(
    fc.property(anyLabels, fc.uint8Array({ maxLength: 5 }), (labels, tail) => {
      const name = nameOfLabels(labels);
      const writer = new Writer();
      writeName(writer, name);
      const end = writer.length;
      const bytes = writer.bytes(tail).finish();
      assert.deepEqual(readName(bytes, 0), { name, next: end });
      assert.equal(skipName(bytes, 0), end);
    }),
  );
});

test('readName() and skipName() throw only DecodeError for random octets', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), fc.nat(300), (bytes, offset) => {
      for (const read of [readName, skipName]) {
        try {
          read(bytes, offset);
        } catch (error) {
          assert.ok(error instanceof DecodeError);
        }
      }
    }),
    { numRuns: 2000 },
  );
});
