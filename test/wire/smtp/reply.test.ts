import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hasEnhancedCode, replyText } from '../../../src/wire/smtp/reply.ts';

test('replyText() puts the enhanced code before the sentence (RFC 2034 §4)', () => {
  const text = replyText({ code: 550, enhanced: '5.1.1', text: 'There is no mailbox here' });
  assert.equal(text, '5.1.1 There is no mailbox here');
  assert.equal(hasEnhancedCode(text), true);
});

test('hasEnhancedCode() is not fooled by other numbers', () => {
  for (const text of ['Error: 5.1.1 x', '5.1.1', '3.1.1 x', '5.1 x', '25.1.1 x', ''])
    assert.equal(hasEnhancedCode(text), false, text);
});
