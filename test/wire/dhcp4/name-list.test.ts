import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { DecodeError, InvariantError } from '../../../src/base/errors.ts';
import { fromHex, toHex } from '../../../src/base/hex.ts';
import { MAX_LIST_OCTETS, nameList } from '../../../src/wire/dhcp4/name-list.ts';
import { decodeAll, encodeAll } from '../../../src/wire/field/codec.ts';

test('nameList reads the example of RFC 3397 §2', () => {
  const bytes = fromHex('03656e67056170706c6503636f6d00 096d61726b6574696e67c004');
  assert.deepEqual(decodeAll(nameList, bytes), ['eng.apple.com', 'marketing.apple.com']);
});

test('nameList writes names uncompressed, with or without the trailing dot', () => {
  assert.equal(toHex(encodeAll(nameList, ['a.bc', 'd.'])), '016102626300016400');
  assert.throws(() => encodeAll(nameList, ['a..b']), InvariantError);
  assert.throws(() => encodeAll(nameList, ['x'.repeat(64)]), InvariantError);
});

const refused: readonly (readonly [string, string])[] = [
  ['a pointer to itself', 'c000'],
  ['a pointer forwards', 'c002 0161 00'],
  ['a loop of a label and a pointer', '0161 c000'],
  ['a name without its end', '0161'],
  ['a label past the end', '05616263'],
  ['a label type that is not assigned', '40'],
  ['nothing at all', ''],
  ['a name of more than 255 octets', `${`3f${'61'.repeat(63)}`.repeat(4)}00`],
];
for (const [what, hex] of refused) {
  test(`nameList rejects ${what} (RFC 1035 §4.1.4)`, () => {
    assert.throws(() => decodeAll(nameList, fromHex(hex)), DecodeError);
  });
}

test('nameList refuses a list whose pointers make more than 4096 octets of names of it', () => {
  const first = `${'0161'.repeat(125)}00`;
  const name = Array.from({ length: 125 }, () => 'a').join('.');
  const most = Math.floor(MAX_LIST_OCTETS / 252);
  assert.deepEqual(
    decodeAll(nameList, fromHex(first + 'c000'.repeat(most - 1))),
    Array.from({ length: most }, () => name),
  );
  assert.throws(() => decodeAll(nameList, fromHex(first + 'c000'.repeat(most))), DecodeError);
});

test('nameList throws only DecodeError for random bytes', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      try {
        decodeAll(nameList, bytes);
      } catch (error) {
        assert.ok(error instanceof DecodeError, String(error));
      }
    }),
  );
});
