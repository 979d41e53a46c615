import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { DecodeError } from '../../../src/base/errors.ts';
import { type UpdateManifest, decodeManifest, encodeManifest } from '../../../src/wire/update/manifest.ts';

const MANIFEST: UpdateManifest = {
  board: 'rpi',
  version: '1.2.0-rc1',
  configVersion: 3,
  octets: 65_536 + 512,
  compressed: 900,
  blockSize: 65_536,
  blocks: [new Uint8Array(32).fill(0xab), new Uint8Array(32).fill(1)],
};
const TEXT = `{"board":"rpi","version":"1.2.0-rc1","configVersion":3,"octets":66048,"compressed":900,"blockSize":65536,"blocks":["${'ab'.repeat(32)}","${'01'.repeat(32)}"]}`;

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

test('encodeManifest() and decodeManifest() agree with the vector', () => {
  assert.equal(new TextDecoder().decode(encodeManifest(MANIFEST)), TEXT);
  assert.deepEqual(decodeManifest(bytesOf(TEXT)), MANIFEST);
});

test('decodeManifest() names the field that is wrong', () => {
  const wrong: readonly (readonly [string, unknown])[] = [
    ['board', ''],
    ['board', '../rpi'],
    ['version', 'a b'],
    ['version', 7],
    ['configVersion', 0],
    ['octets', 513],
    ['octets', 2 ** 40],
    ['octets', -512],
    ['compressed', 0],
    ['blockSize', 100],
    ['blockSize', 2 ** 30],
    ['blocks', []],
    ['blocks', 'ab'],
    ['blocks', ['ab', 'cd']],
  ];
  for (const [field, value] of wrong) {
    const text = JSON.stringify({ ...(JSON.parse(TEXT) as object), [field]: value });
    assert.throws(() => decodeManifest(bytesOf(text)), { name: 'DecodeError', path: `manifest/${field}` });
  }
});

test('decodeManifest() throws only DecodeError for any JSON and any octets', () => {
  const attempt = (bytes: Uint8Array): void => {
    try {
      decodeManifest(bytes);
    } catch (error) {
      assert.ok(error instanceof DecodeError);
    }
  };
  fc.assert(fc.property(fc.json(), (text) => attempt(bytesOf(text))));
  fc.assert(fc.property(fc.uint8Array(), attempt));
});

test('decodeManifest() passes over fields that it does not know, so that later makers can add some', () => {
  const text = TEXT.replace('{', '{"released":"2027-01-01",');
  assert.deepEqual(decodeManifest(bytesOf(text)), MANIFEST);
});
