import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { DecodeError } from '../../../src/base/errors.ts';
import {
  configCopyLength,
  decodeConfigCopy,
  encodeConfigCopy,
} from '../../../src/wire/config-copy/config-copy.ts';

// Made by Python's struct and zlib: counter 7, 13 octets of content, both checksums.
const HEAD = '4750434f4e464947000000070000000d71309a33d8670902';

test('encodeConfigCopy() fills whole sectors and begins with the head', () => {
  const bytes = Buffer.from(encodeConfigCopy({ counter: 7, text: '{"version":1}' }));
  assert.equal(bytes.length, 512);
  assert.equal(bytes.subarray(0, 24).toString('hex'), HEAD);
  assert.equal(bytes.subarray(24, 37).toString(), '{"version":1}');
  assert.ok(bytes.subarray(37).every((octet) => octet === 0));
  assert.equal(encodeConfigCopy({ counter: 7, text: 'x'.repeat(489) }).length, 1024);
});

test('decodeConfigCopy() reads back what was written, whatever follows', () => {
  fc.assert(
    fc.property(fc.nat(0xffff_ffff), fc.string({ unit: 'grapheme' }), (counter, text) => {
      const bytes = Buffer.concat([encodeConfigCopy({ counter, text }), Buffer.alloc(512, 9)]);
      assert.deepEqual(decodeConfigCopy(bytes), { counter, text });
      assert.equal(configCopyLength(bytes.subarray(0, 512)), 24 + Buffer.byteLength(text));
    }),
  );
});

test('decodeConfigCopy() throws only DecodeError, for every octet changed, every cut and any octets', () => {
  const bytes = encodeConfigCopy({ counter: 7, text: '{"version":1}' });
  for (let at = 0; at < 37; at++) {
    const damaged = Uint8Array.from(bytes);
    damaged[at] = (damaged[at] ?? 0) ^ 4;
    assert.throws(() => decodeConfigCopy(damaged), DecodeError, `octet ${at}`);
    assert.throws(() => decodeConfigCopy(bytes.subarray(0, at)), DecodeError, `cut at ${at}`);
  }
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 600 }), (random) => {
      assert.throws(() => decodeConfigCopy(random), DecodeError);
      assert.throws(() => configCopyLength(random), DecodeError);
    }),
  );
});
