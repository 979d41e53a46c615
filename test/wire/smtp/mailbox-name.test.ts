import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isHostName, needsUtf8, splitMailbox, withoutDetail } from '../../../src/wire/smtp/mailbox-name.ts';

test('splitMailbox() splits at the last @ and lowers the domain only (RFC 5321 §2.4)', () => {
  assert.deepEqual(splitMailbox('Alice@Office.Example'), { local: 'Alice', domain: 'office.example' });
  assert.deepEqual(splitMailbox('"a@b"@office.example'), { local: '"a@b"', domain: 'office.example' });
  assert.deepEqual(splitMailbox('postmaster'), { local: 'postmaster', domain: '' });
});

test('withoutDetail() takes +detail off and leaves a name that begins with + (RFC 5233 §1)', () => {
  assert.equal(withoutDetail('alice+shop+x'), 'alice');
  assert.equal(withoutDetail('alice'), undefined);
  assert.equal(withoutDetail('+alice'), undefined);
});

test('needsUtf8() looks for octets beyond ASCII (RFC 6531 §3.2)', () => {
  assert.equal(needsUtf8('alice'), false);
  assert.equal(needsUtf8('jürgen'), true);
});

test('isHostName() takes names of letters, digits, hyphens and underscores (RFC 5321 §4.1.2)', () => {
  for (const name of ['a', 'mail.office.example', 'xn--bro-hoa.example', 'my_pc', '192.0.2.1'])
    assert.equal(isHostName(name), true, name);
  for (const name of [
    '',
    '.',
    'a.',
    '.a',
    'a..b',
    '-a',
    'a-',
    'a b',
    'ü',
    'a)b',
    `${'a'.repeat(64)}.b`,
    'a.'.repeat(150),
  ])
    assert.equal(isHostName(name), false, name);
});
