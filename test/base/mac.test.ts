import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { InvariantError, UserError } from '../../src/base/errors.ts';
import { BROADCAST_MAC, macBytes, macFromBytes, parseMac, tryParseMac } from '../../src/base/mac.ts';

test('parseMac() makes one canonical text of all spellings', () => {
  for (const text of ['02:00:5e:10:00:Ff', '02-00-5E-10-00-FF', '02:00:5e:10:00:ff'])
    assert.equal(parseMac(text), '02:00:5e:10:00:ff');
});

test('tryParseMac() refuses other forms, other lengths and other digits', () => {
  for (const text of [
    '',
    '02005e1000ff',
    '0200.5e10.00ff',
    '02:00:5e:10:00',
    '02:00:5e:10:00:ff:00',
    '2:0:5e:10:0:ff',
    '02:00:5e:10:00:fg',
    '02:00:5e:10:00:ff ',
    ' 02:00:5e:10:00:ff',
  ])
    assert.equal(tryParseMac(text), undefined, text);
});

test('macBytes() and macFromBytes() are inverse, and parseMac() reads what they give', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 6, maxLength: 6 }), (bytes) => {
      const mac = macFromBytes(bytes);
      assert.deepEqual(macBytes(mac), bytes);
      assert.equal(parseMac(mac), mac);
    }),
  );
  assert.deepEqual(macBytes(BROADCAST_MAC), new Uint8Array(6).fill(255));
});

test('parseMac() names the text it cannot read, macFromBytes() the length', () => {
  assert.throws(
    () => parseMac('printer'),
    (error) => error instanceof UserError && error.message.includes('"printer"'),
  );
  for (const length of [0, 5, 8]) assert.throws(() => macFromBytes(new Uint8Array(length)), InvariantError);
});
