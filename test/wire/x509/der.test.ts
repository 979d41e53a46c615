import assert from 'node:assert/strict';
import { test } from 'node:test';
import { toHex } from '../../../src/base/hex.ts';
import * as der from '../../../src/wire/x509/der.ts';

// X.690 §8 and §10, worked out by hand.
const VECTORS: readonly (readonly [name: string, encoded: Uint8Array, hex: string])[] = [
  ['sequence() of nothing', der.sequence(), '3000'],
  ['sequence() of two', der.sequence(der.boolean(true), der.boolean(false)), '30060101ff010100'],
  ['setOfOne()', der.setOfOne(der.boolean(true)), '31030101ff'],
  ['integer() of 0', der.integer(Uint8Array.of(0)), '020100'],
  ['integer() of no octets', der.integer(Uint8Array.of()), '020100'],
  ['integer() of 127', der.integer(Uint8Array.of(127)), '02017f'],
  ['integer() of 128 with a zero in front (§8.3.3)', der.integer(Uint8Array.of(128)), '02020080'],
  ['integer() without needless zeros (§8.3.2)', der.integer(Uint8Array.of(0, 0, 1, 0)), '02020100'],
  [
    'objectIdentifier() of ecdsa-with-SHA256',
    der.objectIdentifier('1.2.840.10045.4.3.2'),
    '06082a8648ce3d040302',
  ],
  ['objectIdentifier() of an attribute', der.objectIdentifier('2.5.4.3'), '0603550403'],
  ['utf8String()', der.utf8String('aä'), '0c0361c3a4'],
  ['octetString()', der.octetString(Uint8Array.of(1, 2)), '04020102'],
  ['bitString() with unused bits', der.bitString(Uint8Array.of(0x80), 7), '03020780'],
  ['explicit()', der.explicit(0, der.integer(Uint8Array.of(2))), 'a003020102'],
  ['implicit()', der.implicit(2, Uint8Array.of(0x61)), '820161'],
  ['time() in 1970 as UTCTime', der.time(0), '170d3730303130313030303030305a'],
  [
    'time() in 2049 as UTCTime',
    der.time(Date.UTC(2049, 11, 31, 23, 59, 59)),
    '170d3439313233313233353935395a',
  ],
  [
    'time() in 2050 as GeneralizedTime (RFC 5280 §4.1.2.5)',
    der.time(Date.UTC(2050, 0, 1)),
    '180f32303530303130313030303030305a',
  ],
];

for (const [name, encoded, hex] of VECTORS) {
  test(`der.${name}`, () => {
    assert.equal(toHex(encoded), hex);
  });
}

test('der lengths use the shortest form (X.690 §10.1)', () => {
  const head = (length: number): string => toHex(der.octetString(new Uint8Array(length)).subarray(0, 5));
  assert.equal(head(127), '047f000000');
  assert.equal(head(128), '0481800000');
  assert.equal(head(255), '0481ff0000');
  assert.equal(head(256), '0482010000');
  assert.equal(head(65_536), '0483010000');
});
