import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { utf8 } from '../../../src/base/text.ts';
import { findFields } from '../../../src/wire/mail/find-fields.ts';

const find = (text: string, octets = 100): string[] =>
  findFields(utf8(text), { name: 'Delivered-To', octets, most: 5 });

test('findFields() finds every field of the name in any case, in the header only (RFC 5322 §2.2)', () => {
  assert.deepEqual(
    find(
      'Delivered-To: a@x\r\nTo: no\r\n delivered-to: folded\r\ndELIVERED-tO \t:b@x \r\n\r\nDelivered-To: body\r\n',
    ),
    ['a@x', 'b@x'],
  );
  assert.deepEqual(find('Delivered-Too: a\r\nX-Delivered-To: a\r\nDelivered-To a\r\n'), []);
  assert.deepEqual(find(''), []);
  assert.deepEqual(find('Delivered-To:'), ['']);
});

test('findFields() cuts bodies that are too long', () => {
  assert.deepEqual(find(`Delivered-To:${'x'.repeat(1000)}\r\n`, 10), ['x'.repeat(10)]);
});

test('findFields() comes to an end on any bytes', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      assert.ok(Array.isArray(findFields(bytes, { name: 'a', octets: 5, most: 3 })));
    }),
  );
});

test('findFields() stops at so many', () => {
  assert.equal(find('Delivered-To: a\r\n'.repeat(7)).length, 5);
});
