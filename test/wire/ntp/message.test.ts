import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { DecodeError } from '../../../src/base/errors.ts';
import { fromHex, toHex } from '../../../src/base/hex.ts';
import { decodeNtp, encodeNtp, isNtpAnswer, ntpQuestion } from '../../../src/wire/ntp/message.ts';

// Put together field by field from RFC 5905 figure 8.
const ANSWER = [
  '24 02 06 e8', // leap 0, version 4, mode 4; stratum 2; poll 2^6 s; precision 2^-24 s
  '00 00 08 00', // root delay 1/32 s
  '00 00 00 40', // root dispersion
  'c0 00 02 07', // reference 192.0.2.7
  'ed 00 00 00 80 00 00 00', // reference time
  '01 23 45 67 89 ab cd ef', // origin
  'ed 00 00 10 00 00 00 00', // receive
  'ed 00 00 10 00 01 00 00', // transmit
].join(' ');
const bytes = fromHex(ANSWER.replaceAll(' ', ''));

test('decodeNtp() reads an answer, encodeNtp() writes it back (RFC 5905 §7.3)', () => {
  const answer = decodeNtp(bytes);
  assert.deepEqual([answer.leap, answer.version, answer.mode, answer.stratum], [0, 4, 4, 2]);
  assert.deepEqual([answer.poll, answer.precision, answer.rootDelay], [6, 0xe8, 0x800]);
  assert.equal(answer.originTime, 0x0123_4567_89ab_cdefn);
  assert.deepEqual(encodeNtp(answer), bytes);
});

test('decodeNtp() passes over what follows the header (RFC 5905 §7.5)', () => {
  assert.deepEqual(decodeNtp(Uint8Array.of(...bytes, 1, 2, 3, 4)), decodeNtp(bytes));
});

test('ntpQuestion() is version 4, mode client and nothing else but its transmit time', () => {
  const question = toHex(encodeNtp(ntpQuestion(0x0123_4567_89ab_cdefn)));
  assert.equal(question, `23${'0'.repeat(78)}0123456789abcdef`);
});

test('isNtpAnswer() wants a server and the time of the question (RFC 4330 §5)', () => {
  const answer = decodeNtp(bytes);
  assert.equal(isNtpAnswer(answer, 0x0123_4567_89ab_cdefn), true);
  assert.equal(isNtpAnswer(answer, 1n), false);
  assert.equal(isNtpAnswer({ ...answer, mode: 5 }, 0x0123_4567_89ab_cdefn), false);
});

test('decodeNtp() of every cut and of random bytes throws only DecodeError, and reads 48 octets or more', () => {
  for (let length = 0; length < 48; length++) {
    assert.throws(() => decodeNtp(bytes.subarray(0, length)), DecodeError);
  }
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 48, maxLength: 48 }), (random) => {
      assert.deepEqual(encodeNtp(decodeNtp(random)), new Uint8Array(random));
    }),
  );
});
