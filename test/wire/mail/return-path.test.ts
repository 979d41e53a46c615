import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fromUtf8, utf8 } from '../../../src/base/text.ts';
import { withoutReturnPath } from '../../../src/wire/mail/return-path.ts';

const strip = (text: string): string => fromUtf8(withoutReturnPath(utf8(text)));

test('withoutReturnPath() takes a Return-Path from the top, with its folded lines (RFC 5321 §4.4)', () => {
  assert.equal(strip('Return-Path: <a@b>\r\nReceived: x\r\n\r\ny'), 'Received: x\r\n\r\ny');
  assert.equal(strip('return-PATH:\r\n <a@b>\r\n\t\r\nSubject: x\r\n'), 'Subject: x\r\n');
});

test('withoutReturnPath() leaves any other message as it is', () => {
  for (const text of ['', 'Received: x\r\nReturn-Path: <a@b>\r\n', 'Return-Pathos: x\r\n']) {
    assert.equal(strip(text), text);
  }
  assert.equal(strip('Return-Path: <never ends'), '');
});
