import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { MAX_REPLY_TEXT, parsePeerReply } from '../../../src/wire/smtp/peer-reply.ts';

for (const [text, wanted] of [
  ['250 2.1.5 Fine', { code: 250, enhanced: '2.1.5', text: 'Fine' }],
  ['550-5.1.1 Nobody\n550 5.1.1 here', { code: 550, enhanced: '5.1.1', text: 'Nobody here' }],
  ['550-first\r\n550 5.7.1 second', { code: 550, enhanced: '5.7.1', text: 'first second' }],
  ['451 Try later', { code: 451, enhanced: '4.0.0', text: 'Try later' }],
  ['550 4.1.1 Odd', { code: 550, enhanced: '5.0.0', text: 'Odd' }],
  ['354', { code: 354, enhanced: '4.5.0', text: '' }],
  ['354 3.1.1 Go on', { code: 354, enhanced: '4.5.0', text: '3.1.1 Go on' }],
  ['550 5.1.1', { code: 550, enhanced: '5.1.1', text: '' }],
  ['550 \u001b[2Jhidden', { code: 550, enhanced: '5.0.0', text: '\\x1b[2Jhidden' }],
  ['199 x', undefined],
  ['999 x', undefined],
  ['2500 x', undefined],
  ['hello', undefined],
] as const) {
  test(`parsePeerReply() reads ${JSON.stringify(text)}`, () =>
    assert.deepEqual(parsePeerReply(text), wanted));
}

test('parsePeerReply() bounds what it keeps, and never throws', () => {
  assert.ok((parsePeerReply(`550 ${'x'.repeat(100_000)}`)?.text.length ?? 0) <= MAX_REPLY_TEXT);
  fc.assert(
    fc.property(fc.string(), (text) => {
      const reply = parsePeerReply(text);
      assert.ok(reply === undefined || (reply.code >= 200 && reply.code < 600));
    }),
  );
});
