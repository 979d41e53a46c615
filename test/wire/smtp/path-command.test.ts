import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { DecodeError } from '../../../src/base/errors.ts';
import { decodePathCommand } from '../../../src/wire/smtp/path-command.ts';

type Verb = Parameters<typeof decodePathCommand>[0];

const READABLE: readonly (readonly [Verb, line: string, address: string, parameters?: object])[] = [
  ['MAIL FROM', 'MAIL FROM:<a@b.example>', 'a@b.example'],
  ['MAIL FROM', 'mail from:<>', ''],
  [
    'MAIL FROM',
    'MAIL FROM: <a@b>  size=10 BODY=8BITMIME  SMTPUTF8 ',
    'a@b',
    {
      SIZE: '10',
      BODY: '8BITMIME',
      SMTPUTF8: true,
    },
  ],
  ['MAIL FROM', 'MAIL FROM:<"a b"@c.example>', '"a b"@c.example'],
  ['MAIL FROM', 'MAIL FROM:<"a@b>c\\""@c.example> X=', '"a@b>c\\""@c.example', { X: true }],
  ['MAIL FROM', 'MAIL FROM:<ilo.@c.example>', 'ilo.@c.example'],
  ['RCPT TO', 'RCPT TO:<@relay.example,@b.example:a@c.example>', 'a@c.example'],
  ['RCPT TO', 'RCPT TO:<PostMaster>', 'PostMaster'],
  [
    'RCPT TO',
    'RCPT TO:<jürgen@büro.example> NOTIFY=SUCCESS,DELAY ORCPT=rfc822;a=b',
    'jürgen@büro.example',
    {
      NOTIFY: 'SUCCESS,DELAY',
      ORCPT: 'rfc822;a=b',
    },
  ],
];

for (const [verb, line, address, parameters = {}] of READABLE) {
  test(`decodePathCommand() reads ${line}`, () => {
    const command = decodePathCommand(verb, line);
    assert.equal(command.address, address);
    assert.deepEqual(Object.fromEntries(command.parameters), parameters);
    assert.equal(command.duplicate, undefined);
  });
}

const UNREADABLE: readonly (readonly [Verb, line: string])[] = [
  ['MAIL FROM', 'MAIL'],
  ['MAIL FROM', 'MAIL FROM'],
  ['MAIL FROM', 'MAIL FROM:a@b.example'],
  ['MAIL FROM', 'MAIL FROM:<a@b.example'],
  ['MAIL FROM', 'MAIL FROM:<a@b.example>SIZE=1'],
  ['MAIL FROM', 'MAIL FROM:<a>'],
  ['MAIL FROM', 'MAIL FROM:<a@>'],
  ['MAIL FROM', 'MAIL FROM:<@b>'],
  ['MAIL FROM', 'MAIL FROM:<a@b@c>'],
  ['MAIL FROM', 'MAIL FROM:<a b@c>'],
  ['MAIL FROM', 'MAIL FROM:<a"b"@c>'],
  ['MAIL FROM', 'MAIL FROM:<a\u200b@c>'],
  ['MAIL FROM', 'MAIL FROM:<a\r@c>'],
  ['MAIL FROM', 'MAIL FROM:<<a@c>>'],
  ['MAIL FROM', 'MAIL FROM:<postmaster>'],
  ['RCPT TO', 'RCPT TO:<>'],
  ['RCPT TO', 'RCPT FROM:<a@b>'],
];

for (const [verb, line] of UNREADABLE) {
  test(`decodePathCommand() refuses ${JSON.stringify(line)}`, () => {
    assert.throws(() => decodePathCommand(verb, line), DecodeError);
  });
}

test('decodePathCommand() tells of a keyword that is there twice, in any case (RFC 3461 §4)', () => {
  assert.equal(decodePathCommand('RCPT TO', 'RCPT TO:<a@b> notify=NEVER NOTIFY=DELAY').duplicate, 'NOTIFY');
});

test('decodePathCommand() throws only DecodeError on any line', () => {
  const piece = fc.constantFrom(
    'MAIL FROM:',
    '<',
    '>',
    '"',
    '\\',
    '@',
    'a',
    ' ',
    '=',
    ',',
    ':',
    '\t',
    '\0',
    'é',
  );
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.array(piece).map((pieces) => `MAIL FROM:<${pieces.join('')}`),
      ),
      (line) => {
        try {
          const { address } = decodePathCommand('MAIL FROM', line);
          assert.doesNotMatch(address, /[\0-\x1f]/);
        } catch (error) {
          assert.ok(error instanceof DecodeError);
        }
      },
    ),
  );
});

test('decodePathCommand() takes no longer for quotes that never end', () => {
  const line = `MAIL FROM:<${'"\\'.repeat(100_000)}`;
  assert.throws(() => decodePathCommand('MAIL FROM', line), DecodeError);
});
