import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { latin1 } from '../../../src/base/text.ts';
import { colonAfter, fieldName } from '../../../src/wire/mail/field-name.ts';

const colon = (text: string, name: string, start = 0): number | undefined =>
  colonAfter(latin1(text), start, fieldName(name));

test('colonAfter() finds the colon of a name in any case, behind blanks (RFC 5322 §4.5.8)', () => {
  assert.equal(colon('Delivered-To: a', 'dELIVERED-tO'), 12);
  assert.equal(colon('BCC \t: a', 'Bcc'), 5);
  assert.equal(colon('x\r\nbcc:', 'bcc', 3), 6);
  for (const text of ['', 'bc', 'bcc', 'bcc ', 'bccs: a', ' bcc: a', 'b\x03c: a', 'bcc\r\n: a'])
    assert.equal(colon(text, 'bcc'), undefined, JSON.stringify(text));
});

test('colonAfter() takes no other octet for a letter or a hyphen', () => {
  for (let octet = 0; octet < 256; octet++) {
    const character = String.fromCharCode(octet);
    assert.equal(colon(`${character}:`, 'k') !== undefined, 'kK'.includes(character), `${octet}`);
    assert.equal(colon(`${character}:`, '-') !== undefined, character === '-', `${octet}`);
  }
});

test('colonAfter() reads any bytes', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 20 }), fc.nat(25), (bytes, start) => {
      const found = colonAfter(bytes, start, fieldName('a'));
      assert.ok(found === undefined || bytes[found] === 58);
    }),
  );
});
