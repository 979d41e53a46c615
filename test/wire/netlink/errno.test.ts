import assert from 'node:assert/strict';
import { constants } from 'node:os';
import { test } from 'node:test';
import { errnoName } from '../../../src/wire/netlink/errno.ts';

test('errnoName() agrees with the numbers Node was compiled with', () => {
  // Two names of one number each.
  const aliases = new Set(['EWOULDBLOCK', 'EOPNOTSUPP', 'ENOTSUP']);
  for (const [name, number] of Object.entries(constants.errno)) {
    if (!aliases.has(name)) assert.equal(errnoName(number), name);
  }
  assert.equal(errnoName(95), 'EOPNOTSUPP');
});
