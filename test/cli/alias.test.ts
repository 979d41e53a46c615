import assert from 'node:assert/strict';
import { test } from 'node:test';
import { aliasAddCommand } from '../../src/cli/alias-add.ts';
import { aliasListCommand } from '../../src/cli/alias-list.ts';
import { aliasRemoveCommand } from '../../src/cli/alias-remove.ts';
import type { ApiClient } from '../../src/cli/client.ts';
import type { Command } from '../../src/cli/command.ts';

/** Runs a command against an API that gives this answer; what it printed and what it sent. */
async function call(
  command: Command,
  words: readonly string[],
  answer: unknown = {},
  flags: Readonly<Record<string, true>> = {},
): Promise<{ readonly printed: string; readonly sent: readonly unknown[] }> {
  const sent: unknown[] = [];
  let printed = '';
  const api: ApiClient = {
    upload: () => assert.fail(),
    get: <T>(path: string) => {
      sent.push(['GET', path]);
      return Promise.resolve(answer as T);
    },
    send: <T>(...request: readonly unknown[]) => {
      sent.push(request);
      return Promise.resolve(answer as T);
    },
  };
  await command.run({
    words,
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

test('alias add sends the name and all members', async () => {
  const { printed, sent } = await call(aliasAddCommand, ['sales', 'alice', 'p@far.example']);
  assert.deepEqual(sent, [['POST', '/api/aliases', { name: 'sales', members: ['alice', 'p@far.example'] }]]);
  assert.equal(printed, 'mail for sales goes to alice, p@far.example');
});

test('alias add wants at least one member', () => {
  assert.equal(aliasAddCommand.words[0], 2);
});

test('alias remove sends the name', async () => {
  const { printed, sent } = await call(aliasRemoveCommand, ['sales']);
  assert.deepEqual(sent, [['POST', '/api/aliases/remove', { name: 'sales' }]]);
  assert.equal(printed, 'removed the alias sales');
});

test('alias list shows who gets the mail, as a table or as JSON', async () => {
  const aliases = [{ name: 'sales', members: ['alice', 'bob'] }];
  const { printed, sent } = await call(aliasListCommand, [], aliases);
  assert.deepEqual(sent, [['GET', '/api/aliases']]);
  assert.match(printed, /NAME +GOES TO\nsales +alice, bob/);
  const json = await call(aliasListCommand, [], aliases, { json: true });
  assert.deepEqual(JSON.parse(json.printed), aliases);
});
