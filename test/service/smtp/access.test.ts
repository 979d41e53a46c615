import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parsePrefix4 } from '../../../src/base/prefix.ts';
import { accessBy } from '../../../src/service/smtp/access.ts';

const rule = (allow: string[], deny: string[]): ((address: string) => boolean) =>
  accessBy({ allow: allow.map(parsePrefix4), deny: deny.map(parsePrefix4) });

test('accessBy() lets everybody in without a rule', () => {
  for (const address of ['192.0.2.1', '2001:db8::1']) assert.equal(rule([], [])(address), true);
});

test('accessBy() lets in who is allowed and not denied', () => {
  const may = rule(['192.0.2.0/24'], ['192.0.2.128/25']);
  assert.deepEqual(
    ['192.0.2.1', '::ffff:192.0.2.1', '192.0.2.129', '198.51.100.1', '2001:db8::1', ''].map(may),
    [true, true, false, false, false, false],
  );
  assert.deepEqual(['192.0.2.1', '198.51.100.1'].map(rule([], ['192.0.2.0/24'])), [false, true]);
});
