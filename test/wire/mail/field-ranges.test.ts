import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { fromLatin1, latin1 } from '../../../src/base/text.ts';
import { fieldRanges } from '../../../src/wire/mail/field-ranges.ts';

const NAMES = ['bcc', 'return-path'];

function found(text: string, most = 10): string[] {
  const message = latin1(text);
  return fieldRanges(message, NAMES, most).map(({ start, end }) => fromLatin1(message.subarray(start, end)));
}

test('fieldRanges() finds fields with their folded lines, in any case, in the header only (RFC 5322 §2.2)', () => {
  assert.deepEqual(
    found(
      'Return-Path: <a>\r\nTo: b\r\n\tBcc: no\r\nBCC : c,\r\n d\r\nX-Bcc: e\r\nBccs: f\r\n\r\nBcc: g\r\n',
    ),
    ['Return-Path: <a>\r\n', 'BCC : c,\r\n d\r\n'],
  );
});

test('fieldRanges() finds a last line without end, and none in a message without header', () => {
  assert.deepEqual(found('bcc: a'), ['bcc: a']);
  assert.deepEqual(found('bcc: a\r\n '), ['bcc: a\r\n ']);
  for (const text of ['', '\r\nbcc: a\r\n', '\nbcc: a\n', 'bcc', 'bc'])
    assert.deepEqual(found(text), [], text);
});

test('fieldRanges() stops at so many', () => {
  assert.equal(found('Bcc: a\r\n'.repeat(5), 3).length, 3);
});

test('fieldRanges() comes to an end on any bytes, with ranges in order', () => {
  const octet = fc.constantFrom(...latin1('bBcC: \t\r\nx'));
  fc.assert(
    fc.property(fc.array(octet, { maxLength: 80 }), (octets) => {
      let last = 0;
      for (const { start, end } of fieldRanges(Uint8Array.from(octets), NAMES, 100)) {
        assert.ok(start >= last && end > start && end <= octets.length);
        last = end;
      }
    }),
  );
});
