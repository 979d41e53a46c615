import assert from 'node:assert/strict';
import { test } from 'node:test';
import { UserError } from '../../src/base/errors.ts';
import type { ApiClient } from '../../src/cli/client.ts';
import type { Command, Context } from '../../src/cli/command.ts';
import { flowsEndCommand } from '../../src/cli/flows-end.ts';
import { flowsCommand } from '../../src/cli/flows.ts';
import type { FlowStatus } from '../../src/port/gate-status.ts';
import { SCREEN } from './call-command.ts';

const FLOW: FlowStatus = {
  id: 7,
  protocol: 'tcp',
  state: 'ESTABLISHED',
  source: '192.168.77.20:5000',
  destination: '198.51.100.1:443',
  replySource: '198.51.100.1:443',
  replyDestination: '203.0.113.50:5000',
  device: 'printer',
  sent: { packets: 4, bytes: 222 },
  received: { packets: 3, bytes: 167 },
  timeoutSeconds: 7440,
};

interface Call {
  readonly method: string;
  readonly path: string;
  readonly body?: unknown;
}

/** Runs a command against an API that gives this answer; gives back what it printed and asked. */
async function call(
  command: Command,
  flags: Readonly<Record<string, string | true>>,
  answer: unknown,
): Promise<{ printed: string[]; calls: Call[] }> {
  const [printed, calls]: [string[], Call[]] = [[], []];
  const api: ApiClient = {
    upload: () => assert.fail(),
    get: <T>(path: string) => {
      calls.push({ method: 'GET', path });
      return Promise.resolve(answer as T);
    },
    send: <T>(method: string, path: string, body: unknown) => {
      calls.push({ method, path, body: JSON.parse(JSON.stringify(body)) });
      return Promise.resolve(answer as T);
    },
  };
  const context: Context = {
    words: [],
    flags: new Map(Object.entries(flags)),
    api,
    screen: SCREEN,
    print: (text) => void printed.push(text),
    readSecret: () => Promise.resolve(''),
    readFile: () => '',
  };
  await command.run(context);
  return { printed, calls };
}

test('flows prints one connection a line, translated ends in brackets', async () => {
  const { printed, calls } = await call(
    flowsCommand,
    {},
    { total: 2, flows: [FLOW, { ...FLOW, replyDestination: FLOW.source }] },
  );
  assert.deepEqual(calls, [{ method: 'GET', path: '/api/flows?' }]);
  const [head, first, second] = (printed[0] ?? '').split('\n');
  assert.match(head ?? '', /^PROTOCOL +STATE +FROM +TO +DEVICE +SENT +RECEIVED +ENDS IN$/);
  assert.match(
    first ?? '',
    /^tcp +ESTABLISHED +192\.168\.77\.20:5000 \(203\.0\.113\.50:5000\) +198\.51\.100\.1:443 +printer/,
  );
  assert.match(
    second ?? '',
    /192\.168\.77\.20:5000 +198\.51\.100\.1:443 +printer +222 bytes +167 bytes +2 h 4 min$/,
  );
});

test('flows hands its filter to the box, and says so when nothing fits', async () => {
  const flags = { address: '2001:db8::1', port: '443', protocol: 'tcp' };
  const { printed, calls } = await call(flowsCommand, flags, { total: 0, flows: [] });
  assert.deepEqual(calls, [
    { method: 'GET', path: '/api/flows?address=2001%3Adb8%3A%3A1&port=443&protocol=tcp' },
  ]);
  assert.deepEqual(printed, ['There are no such connections.']);
});

test('flows says how many there are where the box lists fewer', async () => {
  const { printed } = await call(flowsCommand, {}, { total: 12_345, flows: [FLOW, FLOW] });
  assert.match(printed[0] ?? '', /\nshowing 2 of 12345; --address, --port and --protocol choose$/);
  const whole = await call(flowsCommand, {}, { total: 1, flows: [FLOW] });
  assert.doesNotMatch(whole.printed[0] ?? '', /showing/);
});

test('flows --json prints the connections that the box lists', async () => {
  const { printed } = await call(flowsCommand, { json: true }, { total: 2, flows: [FLOW] });
  assert.deepEqual(JSON.parse(printed[0] ?? ''), [FLOW]);
});

test('flows refuses a port that is no number, with the value', async () => {
  for (const port of ['http', '-1', '1e3', ''])
    await assert.rejects(call(flowsCommand, { port }, []), (error) => {
      assert.ok(error instanceof UserError);
      return error.message.includes(`port "${port}"`);
    });
});

test('flows end says how many connections it ended', async () => {
  const { printed, calls } = await call(flowsEndCommand, { port: '22' }, { ended: 3 });
  assert.deepEqual(calls, [{ method: 'POST', path: '/api/flows/end', body: { port: 22 } }]);
  assert.deepEqual(printed, ['3 connections ended']);
});

test('flows end refuses to end everything', async () => {
  await assert.rejects(call(flowsEndCommand, { json: true }, { ended: 3 }), /every connection at once/);
});
