import assert from 'node:assert/strict';
import { test } from 'node:test';
import { UserError } from '../../../src/base/errors.ts';
import { Turns } from '../../../src/role/net/turns.ts';

test('Turns take one action after the other, also behind one that fails', async () => {
  const turns = new Turns();
  const done: string[] = [];
  const { promise, resolve } = Promise.withResolvers<void>();
  const first = turns.take(async () => {
    await promise;
    done.push('first');
    throw new Error('refused');
  });
  const second = turns.take(async () => done.push('second'));
  const third = turns.follow(async () => done.push('third'));
  resolve();
  await assert.rejects(first, /refused/);
  await Promise.all([second, third]);
  assert.deepEqual(done, ['first', 'second', 'third']);
});

test('Turns follow nothing behind the last one, and refuse changes', async () => {
  const turns = new Turns();
  const done: string[] = [];
  const before = turns.follow(async () => done.push('before'));
  const last = turns.end(async () => void done.push('last'));
  const followed = turns.follow(async () => done.push('behind'));
  const changed = turns.take(async () => done.push('change'));
  await Promise.all([before, last, followed]);
  await assert.rejects(changed, UserError);
  assert.deepEqual(done, ['before', 'last']);
});
