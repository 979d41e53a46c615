import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hasEnhancedCode, replyText, sayableText } from '../../../src/wire/smtp/reply.ts';

test('replyText() puts the enhanced code before the sentence (RFC 2034 §4)', () => {
  const text = replyText({ code: 550, enhanced: '5.1.1', text: 'There is no mailbox here' });
  assert.equal(text, '5.1.1 There is no mailbox here');
  assert.equal(hasEnhancedCode(text), true);
});

test('hasEnhancedCode() is not fooled by other numbers', () => {
  for (const text of ['Error: 5.1.1 x', '5.1.1', '3.1.1 x', '5.1 x', '25.1.1 x', ''])
    assert.equal(hasEnhancedCode(text), false, text);
});

test('sayableText() is ASCII for clients without SMTPUTF8 (RFC 6531 §3.7.4.2), and fits into a line (RFC 5321 §4.5.3.1.5)', () => {
  assert.equal(sayableText('no <gr\u00fc\u00dfe> \u{1f40c}', false), 'no <gr??e> ??');
  assert.equal(sayableText('no <gr\u00fc\u00dfe> \u{1f40c}', true), 'no <gr\u00fc\u00dfe> \u{1f40c}');
  assert.equal(sayableText('x'.repeat(4000), false).length, 490);
  for (const letter of ['x', '\u00fc', '\u20ac', '\u{1f40c}']) {
    const octets = Buffer.byteLength(sayableText(letter.repeat(4000), true));
    assert.ok(octets <= 490 && octets > 484, `${octets} octets`);
  }
});
