import assert from 'node:assert/strict';
import { test } from 'node:test';
import { missingMessages } from '../../../src/engine/mail-store/missing-messages.ts';

const one = (uid: string, size = 10, received = 0) => ({ uid, size, received });
const uids = (...args: Parameters<typeof missingMessages>) => missingMessages(...args).map(({ uid }) => uid);

test('missingMessages() finds what is there by its UID, else by size and time', () => {
  const backup = [one('a'), one('b', 20), one('c', 20, 5)];
  assert.deepEqual(uids(backup, []), ['a', 'b', 'c']);
  assert.deepEqual(uids(backup, [one('a'), one('new', 20)]), ['c']);
  assert.deepEqual(uids(backup, [one('new', 10, 1)]), ['a', 'b', 'c']);
});

test('missingMessages() takes each message that is there for one of the backup, so that twins come back and stay two', () => {
  const twins = [one('a'), one('b'), one('c')];
  assert.deepEqual(uids(twins, [one('b')]), ['a', 'c']);
  assert.deepEqual(uids(twins, [one('b'), one('x')]), ['c']);
  assert.deepEqual(uids(twins, [one('b'), one('x'), one('y')]), []);
});
