import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readConfig } from '../../../src/config/load.ts';
import { changesOfPeers } from '../../../src/role/net/changes-of-peers.ts';

const changes = (before: object, next: object): string[] =>
  changesOfPeers(readConfig({ version: 1, ...before }), readConfig({ version: 1, ...next }));

test('changesOfPeers() names what the mail server and the pages are told, and nothing for a default that is spelled out', () => {
  const user = { name: 'alice', password: 'scrypt$' };
  assert.deepEqual(changes({}, { users: [user] }), ['mail server changed']);
  assert.deepEqual(changes({ users: [user] }, { users: [{ ...user, quota: '1G' }], web: { http: 8081 } }), [
    'mail server changed',
    'web pages changed',
  ]);
  assert.deepEqual(changes({}, { mail: { maxMessage: '25M' }, web: { http: 8080 }, mode: 'router' }), []);
});
