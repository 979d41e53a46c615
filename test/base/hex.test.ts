import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { InvariantError } from '../../src/base/errors.ts';
import { fromHex, toHex } from '../../src/base/hex.ts';

test('toHex() writes two lower-case digits a byte, with the separator between', () => {
  const bytes = Uint8Array.of(0, 0x0a, 0xff);
  assert.equal(toHex(bytes), '000aff');
  assert.equal(toHex(bytes, ':'), '00:0a:ff');
  assert.equal(toHex(new Uint8Array()), '');
});

test('fromHex() reads capitals and skips white space and colons', () => {
  assert.deepEqual(fromHex(' 00:0A\n fF\t'), Uint8Array.of(0, 0x0a, 0xff));
  assert.deepEqual(fromHex(''), new Uint8Array());
});

test('fromHex() refuses half a byte and everything that is no digit', () => {
  for (const text of ['0', '000', '0g', '0x00', '-1', '0,', '١١'])
    assert.throws(() => fromHex(text), InvariantError, text);
});

test('fromHex() is the inverse of toHex(), which agrees with Buffer', () => {
  fc.assert(
    fc.property(fc.uint8Array(), fc.constantFrom('', ':', ' '), (bytes, separator) => {
      assert.deepEqual(fromHex(toHex(bytes, separator)), bytes);
      assert.equal(toHex(bytes), Buffer.from(bytes).toString('hex'));
    }),
  );
});
