import assert from 'node:assert/strict';
import { test } from 'node:test';
import { aliasAddCommand } from '../../src/cli/alias-add.ts';
import { aliasListCommand } from '../../src/cli/alias-list.ts';
import { aliasRemoveCommand } from '../../src/cli/alias-remove.ts';
import { callCommand } from './call-command.ts';

test('alias add sends the name and all members', async () => {
  const { printed, sent } = await callCommand(
    aliasAddCommand,
    { words: ['sales', 'alice', 'p@far.example'] },
    {},
  );
  assert.deepEqual(sent, [['POST', '/api/aliases', { name: 'sales', members: ['alice', 'p@far.example'] }]]);
  assert.equal(printed, 'mail for sales goes to alice, p@far.example');
});

test('alias add wants at least one member', () => {
  assert.equal(aliasAddCommand.words[0], 2);
});

test('alias remove sends the name', async () => {
  const { printed, sent } = await callCommand(aliasRemoveCommand, { words: ['sales'] }, {});
  assert.deepEqual(sent, [['POST', '/api/aliases/remove', { name: 'sales' }]]);
  assert.equal(printed, 'removed the alias sales');
});

test('alias list shows who gets the mail, as a table or as JSON', async () => {
  const aliases = [{ name: 'sales', members: ['alice', 'bob'] }];
  const { printed, sent } = await callCommand(aliasListCommand, {}, aliases);
  assert.deepEqual(sent, [['GET', '/api/aliases']]);
  assert.match(printed, /NAME +GOES TO\nsales +alice, bob/);
  const json = await callCommand(aliasListCommand, { flags: { json: true } }, aliases);
  assert.deepEqual(JSON.parse(json.printed), aliases);
});
