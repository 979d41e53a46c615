import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { DecodeError } from '../../../src/base/errors.ts';
import { fromHex, toHex } from '../../../src/base/hex.ts';
import { decodeIcmp, encodeIcmp } from '../../../src/wire/icmp/message.ts';

// Sums worked out by hand: 0800 + 1234 + 0001 + 6162 = 7b97, complement 8468.
const request = '0800 8468 1234 0001 6162';

test('encodeIcmp() writes an echo request and decodeIcmp() reads it (RFC 792)', () => {
  const echo = { kind: 'echo-request', identifier: 0x1234, sequence: 1, data: fromHex('6162') } as const;
  assert.equal(toHex(encodeIcmp(echo)), toHex(fromHex(request)));
  assert.deepEqual(decodeIcmp(fromHex(request)), echo);
});

test('decodeIcmp() keeps other types whole, and they re-encode unchanged', () => {
  const unreachable = encodeIcmp({ kind: 'other', type: 3, code: 1, body: fromHex('00000000 45000000') });
  const message = decodeIcmp(unreachable);
  assert.equal(message.kind, 'other');
  assert.equal(toHex(encodeIcmp(message)), toHex(unreachable));
});

test('decodeIcmp() rejects a wrong checksum', () => {
  assert.throws(() => decodeIcmp(fromHex('0800846812340001 6163')), DecodeError);
});

test('decodeIcmp() throws only DecodeError for random bytes', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
      try {
        decodeIcmp(bytes);
      } catch (error) {
        assert.ok(error instanceof DecodeError, String(error));
      }
    }),
  );
});
