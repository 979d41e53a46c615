import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Timestamp } from '../../../src/base/instant.ts';
import { fromLatin1, latin1 } from '../../../src/base/text.ts';
import { encodeOriginFields } from '../../../src/wire/mail/origin-fields.ts';

const ORIGIN = { time: Timestamp(Date.UTC(2026, 0, 15, 12)), id: 'abc.1', host: 'mail.office.example' };
const fields = (message: string): string => fromLatin1(encodeOriginFields(latin1(message), ORIGIN));

const DATE = 'Date: Thu, 15 Jan 2026 12:00:00 +0000\r\n';
const MESSAGE_ID = 'Message-ID: <abc.1@mail.office.example>\r\n';

test('encodeOriginFields() makes Date and Message-ID as far as they are not there (RFC 6409 §8.2, §8.3)', () => {
  assert.equal(fields('Subject: x\r\n\r\nDate: y\r\n'), DATE + MESSAGE_ID);
  assert.equal(fields('DATE: y\r\n\r\n'), MESSAGE_ID);
  assert.equal(fields('Message-Id : <1@x>\r\n\r\n'), DATE);
  assert.equal(fields('message-id: <1@x>\r\ndate: y\r\n\r\n'), '');
});

test('encodeOriginFields() makes up no Date by a clock that was not set', () => {
  const origin = { ...ORIGIN, time: Timestamp(20_000) };
  assert.equal(fromLatin1(encodeOriginFields(latin1('Subject: x\r\n\r\n'), origin)), MESSAGE_ID);
});
