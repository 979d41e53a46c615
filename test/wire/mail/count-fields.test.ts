import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { latin1 } from '../../../src/base/text.ts';
import { countFields } from '../../../src/wire/mail/count-fields.ts';

const count = (text: string): number => countFields(latin1(text), 'Received');

test('countFields() counts fields of the header only, in any case, folded ones once (RFC 5322 §2.2)', () => {
  assert.equal(
    count('Received: a\r\n\tby b; Received: c\r\nreceived : d\r\nX-Received: e\r\n\r\nReceived: f\r\n'),
    2,
  );
});

test('countFields() finds none in a message without header, without end or without content', () => {
  assert.equal(count('\r\nReceived: a\r\n'), 0);
  assert.equal(count('\nReceived: a\n'), 0);
  assert.equal(count(''), 0);
  assert.equal(count('Receive'), 0);
  assert.equal(count('ReceivedX: a\r\n'), 0);
  assert.equal(count('Received: a'), 1);
});

test('countFields() never throws and counts as many as were put in', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), fc.nat(5), (junk, times) => {
      assert.equal(count('Received: x\r\n'.repeat(times)), times);
      assert.ok(countFields(junk, 'Received') >= 0);
    }),
  );
});
