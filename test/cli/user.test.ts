import assert from 'node:assert/strict';
import { test } from 'node:test';
import { userRemoveCommand } from '../../src/cli/user.ts';
import type { RemovedUser } from '../../src/port/box.ts';
import { type Done, type Given, callCommand } from './call-command.ts';

/** Runs `user remove alice`. */
function remove(answer: RemovedUser, flags: Given['flags'] = {}): Promise<Done> {
  return callCommand(userRemoveCommand, { words: ['alice'], flags }, answer);
}

test('user remove keeps the mailbox and says what can be done with it', async () => {
  const { printed, sent } = await remove({ kept: 3, deleted: 0 });
  assert.deepEqual(sent, [['POST', '/api/users/alice/remove', { deleteMail: false }]]);
  assert.match(printed, /^removed alice; the mailbox is kept \(3 messages\).*--delete-mail/);
});

test('user remove --delete-mail says how many messages are gone', async () => {
  const { printed, sent } = await remove({ kept: 0, deleted: 3 }, { 'delete-mail': true });
  assert.deepEqual(sent, [['POST', '/api/users/alice/remove', { deleteMail: true }]]);
  assert.equal(printed, 'removed alice and the mail (3 messages)');
});

test('user remove is short where there was no mail', async () => {
  assert.equal((await remove({ kept: 0, deleted: 0 })).printed, 'removed alice');
});
