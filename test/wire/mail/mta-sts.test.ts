import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  MAX_STS_POLICY,
  fitsStsPolicy,
  parseStsPolicy,
  parseStsRecord,
} from '../../../src/wire/mail/mta-sts.ts';

test('parseStsRecord() finds the id of the one record (RFC 8461 section 3.1)', () => {
  assert.equal(parseStsRecord(['v=spf1 -all', 'v=STSv1; id=20160831085700Z;']), '20160831085700Z');
  for (const texts of [
    [],
    ['v=STSv1;'],
    ['v=STSv1; id=a-b;'],
    ['v=STSv2; id=1;'],
    ['v=STSv1; id=1;', 'v=STSv1; id=2;'],
  ]) {
    assert.equal(parseStsRecord(texts), undefined);
  }
});

test('parseStsPolicy() reads the example of RFC 8461 section 3.2', () => {
  const text =
    'version: STSv1\r\nmode: enforce\r\nmx: mail.example.com\r\nmx: *.example.net\r\nmx: backupmx.example.com\r\nmax_age: 604800\r\n';
  assert.deepEqual(parseStsPolicy(text), {
    mode: 'enforce',
    maxAge: 604_800,
    mx: ['mail.example.com', '*.example.net', 'backupmx.example.com'],
  });
});

test('parseStsPolicy() takes bare line ends, unknown keys and mode none without hosts, nothing else (section 3.2)', () => {
  assert.deepEqual(parseStsPolicy('version: STSv1\nx_new: 1\nmode: none\nmax_age: 99999999999'), undefined);
  assert.deepEqual(parseStsPolicy('version: STSv1\nx_new: 1\nmode: none\nmax_age: 9999999999'), {
    mode: 'none',
    maxAge: 31_557_600,
    mx: [],
  });
  for (const text of [
    '',
    'version: STSv2\nmode: none\nmax_age: 1',
    'version: STSv1\nmode: some\nmax_age: 1',
    'version: STSv1\nmode: enforce\nmax_age: 1',
    'version: STSv1\nmode: none',
  ]) {
    assert.equal(parseStsPolicy(text), undefined);
  }
  fc.assert(fc.property(fc.string(), (text) => parseStsPolicy(text) === undefined));
});

test('parseStsPolicy() takes blanks around keys and values, and goes over any number of them once', () => {
  const rest = 'mode: none\nmax_age: 1';
  assert.notEqual(parseStsPolicy(` version \t:\tSTSv1 \n${rest}`), undefined);
  // With patterns that try again from each blank, each is some seconds, and the last ten hours.
  const blanks = ' '.repeat(MAX_STS_POLICY - 100);
  for (const line of [`x${blanks}y`, `:${blanks}:`, `x: a${blanks}b`, `x:${blanks}\u2028`])
    assert.notEqual(parseStsPolicy(`version: STSv1\n${rest}\n${line}`), undefined);
});

test('fitsStsPolicy() has a star stand for exactly one label (section 4.1)', () => {
  const policy = { mode: 'enforce', maxAge: 1, mx: ['mail.example.com', '*.example.net'] } as const;
  for (const host of ['mail.example.com', 'MAIL.example.com', 'a.example.net'])
    assert.equal(fitsStsPolicy(policy, host), true);
  for (const host of ['example.net', 'a.b.example.net', 'x.mail.example.com', 'com'])
    assert.equal(fitsStsPolicy(policy, host), false);
});
