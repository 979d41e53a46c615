import assert from 'node:assert/strict';
import { test } from 'node:test';
import { healthCommand } from '../../src/cli/health.ts';
import { HEALTH } from '../fake/fake-box.ts';
import { callCommand } from './call-command.ts';

const REASON = 'No name server is known that could be asked: name one in dns.upstreams';
const LONG = {
  ...HEALTH,
  tree: {
    ...HEALTH.tree,
    children: [{ name: 'name servers', state: 'failed', reason: REASON, children: [] }],
  },
};

test('health prints one check a line, with its state in words and deeper ones farther in', async () => {
  const { printed } = await callCommand(healthCommand, {}, HEALTH);
  assert.deepEqual(printed.split('\n'), [
    'FAILED   box',
    'ok         link: up',
    'FAILED     name server: no answer',
  ]);
});

test('health breaks a reason that is longer than the terminal is wide, below its beginning', async () => {
  const { printed } = await callCommand(healthCommand, { columns: 60 }, LONG);
  assert.deepEqual(printed.split('\n').slice(1), [
    'FAILED     name servers: No name server is known that could',
    '           be asked: name one in dns.upstreams',
  ]);
});

test('health --json prints what the API answers', async () => {
  const { printed } = await callCommand(healthCommand, { flags: { json: true }, columns: 60 }, LONG);
  assert.deepEqual(JSON.parse(printed), LONG);
});

test('health says a reason once, at the check that found it, not at the groups above', async () => {
  const leaf = { name: 'link', state: 'failed', reason: 'The device wan0 has no carrier', children: [] };
  const wan = { ...leaf, name: 'wan', reason: `link: ${leaf.reason}`, children: [leaf] };
  const tree = { ...wan, name: 'box', reason: `wan: ${wan.reason}`, children: [wan] };
  const { printed } = await callCommand(healthCommand, {}, { ok: false, firstError: null, tree });
  assert.deepEqual(printed.split('\n'), [
    'FAILED   box',
    'FAILED     wan',
    'FAILED       link: The device wan0 has no carrier',
  ]);
});
