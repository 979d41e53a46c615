import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { piecesWithAsciiHeader, withAsciiHeader } from '../../../src/io/pop3-server-bare/surrogate.ts';
import { piecesOf } from './scripted-session.ts';

const BODY = '\r\nB\u00f6dy \r\n.\r\n';

function surrogate(header: string): string {
  return Buffer.from(withAsciiHeader(Buffer.from(`${header}${BODY}`))).toString();
}

const word = (text: string): string => `=?UTF-8?B?${Buffer.from(text).toString('base64')}?=`;
const UNWRITABLE = '<invalid@internationalized-address.invalid>';

const CASES: readonly (readonly [rule: string, header: string, ascii: string])[] = [
  [
    'encodes the words of a subject that need it',
    'Subject: Re: gr\u00fc\u00df dich',
    `Subject: Re: ${word('gr\u00fc\u00df')} dich`,
  ],
  [
    'encodes two such words as one, with the space between',
    'Subject: \u00e4 \u00f6 u',
    `Subject: ${word('\u00e4 \u00f6')} u`,
  ],
  [
    'encodes a name and keeps its address',
    'From: J\u00fcrgen M <j@x.example>',
    `From: ${word('J\u00fcrgen M')} <j@x.example>`,
  ],
  [
    'takes a quoted name out of its quotes',
    'To: "M\u00fcller, \\"J\\"" <j@x.example>, b@x.example',
    `To: ${word('M\u00fcller, "J"')} <j@x.example>, b@x.example`,
  ],
  [
    'puts an address nobody can answer to for one in UTF-8 (RFC 6858 §2.1)',
    'From: \u00fc@x.example',
    `From: ${word('\u00fc@x.example')} ${UNWRITABLE}`,
  ],
  [
    'shows such an address as a name where it has none',
    'Cc: <\u00fc@x.example>, J <\u00e4@x.example>',
    `Cc: ${word('\u00fc@x.example')} ${UNWRITABLE}, J ${UNWRITABLE}`,
  ],
  [
    'keeps groups',
    'To: B\u00fcro: a@x.example, \u00fc <b@x.example>;',
    `To: ${word('B\u00fcro')}: a@x.example, ${word('\u00fc')} <b@x.example>;`,
  ],
  [
    'writes file names in the form of RFC 2231',
    'Content-Type: text/plain; name="\u00fc (1).txt"; charset=utf-8',
    "Content-Type: text/plain; name*=UTF-8''%C3%BC%20%281%29.txt; charset=utf-8",
  ],
  [
    'keeps addresses behind a quote or a bracket that is never closed',
    'To: 5" J\u00fcrgen <j@x.example>, < a@x.example',
    `To: ${word('5 J\u00fcrgen')} <j@x.example>, a@x.example`,
  ],
  ['unfolds what it changes', 'Subject: a\r\n \u00fc\r\n\tb', `Subject: a ${word('\u00fc')}\tb`],
];

for (const [rule, header, ascii] of CASES) {
  test(`withAsciiHeader() ${rule}`, () => {
    const around = (field: string): string => `A: 1\r\n${field}\r\nZ: 2\r\n folded\r\n`;
    assert.equal(surrogate(around(header)), around(ascii) + BODY);
  });
}

test('withAsciiHeader() leaves out fields that cannot be written in ASCII (RFC 6858 §2.4)', () => {
  assert.equal(surrogate('A: 1\r\nX-Note: \u00fc\r\nB: 2\r\n'), `A: 1\r\nB: 2\r\n${BODY}`);
});

test('withAsciiHeader() gives back the very octets of a header in ASCII, and of one that is not UTF-8', () => {
  for (const text of ['A: 1\r\n\r\nb\u00f6dy', 'Subject: gr\u00fc\u00df\r\n\r\nx', '', 'no end'].map((text) =>
    Buffer.from(text, 'latin1'),
  ))
    assert.equal(withAsciiHeader(text), text);
});

test('withAsciiHeader() cuts long texts into encoded words of at most 75 octets that decode to the text (RFC 2047 §2)', () => {
  fc.assert(
    fc.property(
      fc.array(fc.constantFrom('\u00fc', '\u20ac', '\u{1f600}', 'a'), { minLength: 60, maxLength: 120 }),
      (letters) => {
        const text = `\u00fc${letters.join('')}`;
        const [field = ''] = surrogate(`Subject: ${text}\r\n`).split('\r\n\r\n');
        const words = [...field.matchAll(/=\?UTF-8\?B\?([A-Za-z0-9+/=]*)\?=/g)];
        assert.ok(words.every(([word]) => word.length <= 75));
        assert.equal(words.map(([, base64 = '']) => Buffer.from(base64, 'base64').toString()).join(''), text);
        assert.ok(field.split('\r\n').every((line) => line.length <= 90));
      },
    ),
  );
});

test('withAsciiHeader() makes an ASCII header of anything in UTF-8, and never throws', () => {
  const part = fc.constantFrom(
    'From: ',
    'Subject: ',
    'Content-Type: ',
    'X: ',
    '\u00fc',
    '"',
    '<',
    '>',
    '(',
    ')',
    ',',
    ':',
    ';',
    '\\',
    '=',
    ' ',
    'a@b',
    '\r\n',
    '\r\n ',
  );
  fc.assert(
    fc.property(fc.array(part, { maxLength: 30 }), (parts) => {
      const header = `A: 1\r\n${parts.join('')}\r\n`.replaceAll(/(?:\r\n)+/g, '\r\n');
      const text = surrogate(header);
      assert.ok(text.endsWith(BODY));
      assert.doesNotMatch(text.slice(0, -BODY.length), /[^\u0000-\u007f]/);
    }),
  );
});

test('withAsciiHeader() goes over what a stranger has made to be gone over again and again once', () => {
  const tricks = ['<', '"\\"', '\\"', '\\(', '(', 'a', '"', 'a="\\"', ' ', ','].flatMap((trick) =>
    ['From', 'Subject', 'Content-Type'].map(
      (name) => `${name}: x(${trick.repeat(30_000 / trick.length)} \u00fc`,
    ),
  );
  // With patterns that try again from each place, it is half a second for many of these.
  for (const header of tricks) {
    const text = surrogate(`${header}\r\n`);
    assert.ok(text.endsWith(BODY));
    assert.doesNotMatch(text.slice(0, -BODY.length), /[^\u0000-\u007f]/);
  }
});

test('piecesWithAsciiHeader() gives the same wherever a message is cut', async () => {
  const message = Buffer.from(`Subject: \u00fc\r\nA: 1\r\n${BODY}`);
  for (let length = 1; length <= message.length; length++) {
    const pieces = await Array.fromAsync(piecesWithAsciiHeader(piecesOf(message, length)));
    assert.equal(Buffer.concat(pieces).toString(), Buffer.from(withAsciiHeader(message)).toString());
  }
});
