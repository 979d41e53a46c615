import assert from 'node:assert/strict';
import { test } from 'node:test';
import { counted } from '../../src/base/counted.ts';

test('counted() says one thing in the singular and every other number in the plural', () => {
  assert.equal(counted(0, 'message'), '0 messages');
  assert.equal(counted(1, 'message'), '1 message');
  assert.equal(counted(2, 'entry', 'entries'), '2 entries');
});
