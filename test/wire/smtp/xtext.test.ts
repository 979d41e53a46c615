import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { decodeXtext, encodeXtext } from '../../../src/wire/smtp/xtext.ts';

test('encodeXtext() and decodeXtext() agree with RFC 3461 §4', () => {
  for (const [text, xtext] of [
    ['rfc822', 'rfc822'],
    ['a+b=c d', 'a+2Bb+3Dc+20d'],
    ['', ''],
    ['gr\u00fc\u00dfe@x.example', 'gr+C3+BC+C3+9Fe@x.example'],
  ] as const) {
    assert.equal(encodeXtext(text), xtext);
    assert.equal(decodeXtext(xtext), text);
  }
});

test('decodeXtext() refuses what is no xtext, and control characters behind it', () => {
  for (const wrong of [
    'a b',
    'a=b',
    '+',
    '+2',
    '+2b',
    '+zz',
    'é',
    'a+0D+0Ab',
    '+00',
    '+7F',
    '\n',
    'a+C2+85',
    '+9F',
  ]) {
    assert.equal(decodeXtext(wrong), undefined, wrong);
  }
});

test('encodeXtext() is undone by decodeXtext() for any printable text', () => {
  fc.assert(
    fc.property(fc.stringMatching(/^[ -~\u00a0-\u00ff\u4e00-\u4eff]*$/), (text) => {
      assert.equal(decodeXtext(encodeXtext(text)), text);
    }),
  );
});

test('decodeXtext() takes octets that are no UTF-8 for Latin-1', () => {
  assert.equal(decodeXtext('gr+FC+DFe'), 'gr\u00fc\u00dfe');
});
