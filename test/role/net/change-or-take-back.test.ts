import assert from 'node:assert/strict';
import { test } from 'node:test';
import { changeOrTakeBack } from '../../../src/role/net/change-or-take-back.ts';

function failing(reason: string): () => Promise<never> {
  return async () => {
    throw new Error(reason);
  };
}

test('changeOrTakeBack() takes nothing back of what was done', async () => {
  const takeBack = failing('taken back');
  const onStuck = (reason: string): void => assert.fail(reason);
  assert.equal(await changeOrTakeBack({ change: async () => 'done', takeBack, onStuck }), 'done');
});

test('changeOrTakeBack() gives the reason of the change also when the way back fails, and tells of that', async () => {
  const stuck: string[] = [];
  const onStuck = (reason: string): void => void stuck.push(reason);
  const change = failing('no such port');
  await assert.rejects(changeOrTakeBack({ change, takeBack: async () => [], onStuck }), /no such port/);
  assert.deepEqual(stuck, []);
  await assert.rejects(changeOrTakeBack({ change, takeBack: failing('no memory'), onStuck }), /no such port/);
  assert.deepEqual(stuck, ['no memory']);
});
