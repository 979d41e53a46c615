import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { toHex } from '../../src/base/hex.ts';
import { asciiLower, fromLatin1, fromUtf8, latin1, utf8 } from '../../src/base/text.ts';

test('fromUtf8() is the inverse of utf8() for every well-formed text, a byte order mark included', () => {
  const texts = fc.string({ unit: 'binary' }).filter((text) => text.isWellFormed());
  fc.assert(fc.property(texts, (text) => assert.equal(fromUtf8(utf8(text)), text)));
  assert.equal(fromUtf8(utf8('\ufeffa')), '\ufeffa');
});

test('fromUtf8() reads any bytes; ill-formed ones become U+FFFD', () => {
  assert.equal(fromUtf8(Uint8Array.of(0x61, 0xff, 0xc3, 0x62)), 'a\ufffd\ufffdb');
  fc.assert(fc.property(fc.uint8Array(), (bytes) => assert.ok(fromUtf8(bytes).isWellFormed())));
});

test('latin1() is the inverse of fromLatin1() for any bytes, also for more than fit into one call', () => {
  fc.assert(fc.property(fc.uint8Array(), (bytes) => assert.deepEqual(latin1(fromLatin1(bytes)), bytes)));
  const many = Uint8Array.from({ length: 100_003 }, (_, index) => index % 251);
  assert.deepEqual(latin1(fromLatin1(many)), many);
});

test('latin1() puts a question mark in the place of each higher UTF-16 unit', () => {
  assert.equal(toHex(latin1('aÿĀ€')), '61ff3f3f');
  assert.equal(toHex(latin1('🙂')), '3f3f');
});

test('asciiLower() lowers A to Z and no other letter (RFC 4343)', () => {
  assert.equal(asciiLower('Mail.OFFICE.Example-42[]`@{'), 'mail.office.example-42[]`@{');
  // The Kelvin sign and the dotted capital I are lowered to ASCII letters by toLowerCase().
  assert.equal(asciiLower('\u212a\u0130Ä'), '\u212a\u0130Ä');
});
