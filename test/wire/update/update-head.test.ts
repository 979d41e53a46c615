import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { DecodeError } from '../../../src/base/errors.ts';
import {
  MAX_MANIFEST_SIZE,
  UPDATE_HEAD_SIZE,
  decodeUpdateHead,
  encodeUpdateHead,
  signedPart,
} from '../../../src/wire/update/update-head.ts';

const MANIFEST = new TextEncoder().encode('{"board":"x"}');
const SIGNATURE = Uint8Array.from({ length: 64 }, (_, at) => at);
const HEAD = `475055504441544500010000 0000000d ${Buffer.from(SIGNATURE).toString('hex')}`.replaceAll(
  ' ',
  '',
);

test('encodeUpdateHead() and decodeUpdateHead() agree with the layout', () => {
  const bytes = encodeUpdateHead(MANIFEST, SIGNATURE);
  assert.equal(Buffer.from(bytes).toString('hex'), HEAD + Buffer.from(MANIFEST).toString('hex'));
  assert.deepEqual(decodeUpdateHead(Buffer.from(HEAD, 'hex')), {
    manifestSize: MANIFEST.length,
    signature: Buffer.from(SIGNATURE),
  });
});

test('signedPart() covers the format and the length of the manifest', () => {
  assert.equal(
    Buffer.from(signedPart(MANIFEST)).toString('latin1'),
    `GPUPDATE\0\x01\0\0\0\0\0\r{"board":"x"}`,
  );
});

test('decodeUpdateHead() refuses another file, a later format and a manifest beyond the limit', () => {
  const altered = (at: number, value: number): Uint8Array => {
    const bytes = Uint8Array.from(Buffer.from(HEAD, 'hex'));
    bytes[at] = value;
    return bytes;
  };
  assert.throws(() => decodeUpdateHead(altered(0, 0x48)), /no update file/);
  assert.throws(() => decodeUpdateHead(altered(9, 2)), /format 2 is not known/);
  assert.throws(() => decodeUpdateHead(altered(12, 1)), /too large/);
  assert.ok(MAX_MANIFEST_SIZE < 2 ** 24);
});

test('decodeUpdateHead() throws only DecodeError for random octets and every cut', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: UPDATE_HEAD_SIZE }), (bytes) => {
      assert.throws(() => decodeUpdateHead(bytes), DecodeError);
    }),
  );
  for (let length = 0; length < UPDATE_HEAD_SIZE; length++)
    assert.throws(() => decodeUpdateHead(Buffer.from(HEAD, 'hex').subarray(0, length)), DecodeError);
});
