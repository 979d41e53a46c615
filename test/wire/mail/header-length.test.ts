import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { latin1 } from '../../../src/base/text.ts';
import { isHeaderLonger } from '../../../src/wire/mail/header-length.ts';

const isLonger = (text: string, octets: number): boolean => isHeaderLonger(latin1(text), octets);

test('isHeaderLonger() measures up to the empty line, folded lines included (RFC 5322 §2.2)', () => {
  const header = 'Subject: a\r\n b\r\nX-Y : c\r\n';
  assert.equal(isLonger(`${header}\r\nbody: text\r\n`, header.length), false);
  assert.equal(isLonger(`${header}\r\nbody: text\r\n`, header.length - 1), true);
  assert.equal(isLonger(header, header.length), false);
  assert.equal(isLonger(header, header.length - 1), true);
});

test('isHeaderLonger() counts a field that has no end as far as it goes', () => {
  assert.equal(isLonger(`X: ${'y'.repeat(1000)}`, 500), true);
  assert.equal(isLonger(`X: y\r\n${' z\r\n'.repeat(1000)}`, 500), true);
});

test('isHeaderLonger() lets text without header be as long as it likes', () => {
  for (const line of [
    '1;2;3\r\n',
    'two words: no name\r\n',
    ': no name\r\n',
    'n\xe4me: x\r\n',
    'x'.repeat(3000),
  ])
    assert.equal(isLonger(line.repeat(100), 50), false, line);
  assert.equal(isLonger(` begins with a blank\r\n${'a: b\r\n'.repeat(100)}`, 50), false);
});

test('isHeaderLonger() comes to an end on any bytes, and is never longer than the message', () => {
  const octet = fc.constantFrom(...latin1('aB: \t\r\n\xff'));
  fc.assert(
    fc.property(fc.array(octet, { maxLength: 80 }), fc.nat(90), (octets, most) => {
      const message = Uint8Array.from(octets);
      if (isHeaderLonger(message, most)) assert.ok(message.length > most);
    }),
  );
});
