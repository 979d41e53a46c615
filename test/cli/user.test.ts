import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ApiClient } from '../../src/cli/client.ts';
import { userRemoveCommand } from '../../src/cli/user.ts';
import type { RemovedUser } from '../../src/port/box.ts';

/** Runs `user remove alice`; what it printed and what it sent. */
async function remove(
  answer: RemovedUser,
  flags: Readonly<Record<string, true>> = {},
): Promise<{ readonly printed: string; readonly sent: readonly unknown[] }> {
  const sent: unknown[] = [];
  let printed = '';
  const api: ApiClient = {
    upload: () => assert.fail(),
    get: () => assert.fail(),
    send: <T>(...request: readonly unknown[]) => {
      sent.push(request);
      return Promise.resolve(answer as T);
    },
  };
  await userRemoveCommand.run({
    words: ['alice'],
    flags: new Map(Object.entries(flags)),
    api,
    print: (text) => {
      printed += text;
    },
    readSecret: () => Promise.reject(new Error('no secret is wanted')),
    readFile: () => '',
  });
  return { printed, sent };
}

test('user remove keeps the mailbox and says what can be done with it', async () => {
  const { printed, sent } = await remove({ kept: 3, deleted: 0 });
  assert.deepEqual(sent, [['POST', '/api/users/alice/remove', { deleteMail: false }]]);
  assert.match(printed, /^removed alice; the mailbox is kept \(messages: 3\).*--delete-mail/);
});

test('user remove --delete-mail says how many messages are gone', async () => {
  const { printed, sent } = await remove({ kept: 0, deleted: 3 }, { 'delete-mail': true });
  assert.deepEqual(sent, [['POST', '/api/users/alice/remove', { deleteMail: true }]]);
  assert.equal(printed, 'removed alice and the mail (messages: 3)');
});

test('user remove is short where there was no mail', async () => {
  assert.equal((await remove({ kept: 0, deleted: 0 })).printed, 'removed alice');
});
