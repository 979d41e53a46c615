import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ApiClient } from '../../src/cli/client.ts';
import type { Command } from '../../src/cli/command.ts';
import { firewallBlockCommand } from '../../src/cli/firewall-block.ts';
import { firewallExplainCommand } from '../../src/cli/firewall-explain.ts';
import { firewallShowCommand } from '../../src/cli/firewall-show.ts';
import { firewallUnblockCommand } from '../../src/cli/firewall-unblock.ts';
import type { ExplainAnswer, FirewallView } from '../../src/port/gate-status.ts';
import { SCREEN } from './call-command.ts';

interface Call {
  readonly method: string;
  readonly path: string;
  readonly body?: unknown;
}

/** Runs a command against an API that answers everything with `answer`. */
async function runWith(
  command: Command,
  answer: unknown,
  { words = [], json = false }: { words?: readonly string[]; json?: boolean } = {},
): Promise<{ readonly calls: readonly Call[]; readonly printed: string }> {
  const calls: Call[] = [];
  let printed = '';
  const reply = <T>(call: Call): Promise<T> => {
    calls.push(call);
    return Promise.resolve(answer as T);
  };
  const api: ApiClient = {
    upload: () => assert.fail(),
    get: (path) => reply({ method: 'GET', path }),
    send: (method, path, body) => reply({ method, path, body }),
  };
  await command.run({
    words,
    flags: new Map(json ? [['json', true as const]] : []),
    api,
    screen: SCREEN,
    print: (text) => (printed += `${text}\n`),
    readSecret: () => Promise.reject(new Error('no secret is wanted')),
    readFile: () => '',
  });
  return { calls, printed };
}

const VIEW: FirewallView = {
  mode: 'firewall',
  reduced: ['the flow table'],
  lines: [
    { source: 'mode', text: 'The LAN reaches the Internet', packets: 12, bytes: 3456 },
    { source: 'firewall.hairpin', text: 'LAN devices too', packets: null, bytes: null },
  ],
  devices: [
    {
      address: '192.168.77.20',
      name: 'camera',
      mac: null,
      up: { packets: 1, bytes: 2 },
      down: { packets: 3, bytes: 4 },
    },
  ],
};

test('firewall show prints each line of the configuration with its counts, and the devices below', async () => {
  const { calls, printed } = await runWith(firewallShowCommand, VIEW);
  assert.deepEqual(calls, [{ method: 'GET', path: '/api/firewall' }]);
  assert.match(printed, /^Mode firewall\nThe kernel refused: the flow table\n/);
  assert.match(printed, /^mode +12 +3\.4 KiB +The LAN reaches the Internet$/m);
  assert.match(printed, /^firewall\.hairpin +- +- +LAN devices too$/m);
  assert.match(printed, /^camera +192\.168\.77\.20 +- +2 bytes +1 +4 bytes +3$/m);
});

test('firewall show --json prints what the API answers', async () => {
  const { printed } = await runWith(firewallShowCommand, VIEW, { json: true });
  assert.deepEqual(JSON.parse(printed), VIEW);
});

const ANSWER: ExplainAnswer = {
  verdict: 'dropped',
  way: 'to the box',
  decidedBy: 'always',
  text: 'A TCP connection from a to b port 22 is dropped without an answer: always',
  destination: null,
  source: null,
  steps: ['input: wan.device, on to input-from-wan'],
};

test('firewall explain asks with three words and prints the sentence, the line and the rules', async () => {
  const words = ['internet', '2001:db8::1', 'tcp/22'];
  const { calls, printed } = await runWith(firewallExplainCommand, ANSWER, { words });
  assert.deepEqual(calls, [
    { method: 'GET', path: '/api/firewall/explain?from=internet&to=2001%3Adb8%3A%3A1&what=tcp%2F22' },
  ]);
  assert.match(
    printed,
    /^A TCP connection .*\nDecided by: always\nWay: to the box\nRules it meets:\n {2}input: /,
  );
});

for (const [verb, command] of [
  ['block', firewallBlockCommand],
  ['unblock', firewallUnblockCommand],
] as const) {
  test(`firewall ${verb} names the device to the API and prints what changed`, async () => {
    const words = ['camera'];
    const { calls, printed } = await runWith(command, ['one', 'two'], { words });
    assert.deepEqual(calls, [{ method: 'POST', path: `/api/firewall/${verb}`, body: { device: 'camera' } }]);
    assert.equal(printed, 'one\ntwo\n');
    assert.equal((await runWith(command, [], { words })).printed, 'nothing to change\n');
  });
}
