import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { after, before, beforeEach, test } from 'node:test';
import { ADDRESSES } from './addresses.ts';
import { BUNDLE, type Box } from './box.ts';
import { boxConfig } from './box-config.ts';
import { LoneBox } from './lone-box.ts';
import type { Program } from './program.ts';
import type { CommandResult } from './run-command.ts';
import { PATIENCE, waitFor } from './wait-for.ts';

const NOBODY = '65534';
const STRANGER = `
import socket, sys, time
kind, address, port = sys.argv[1:]
s = socket.socket(socket.AF_INET, getattr(socket, kind))
s.bind((address, int(port)))
if kind == "SOCK_STREAM": s.listen()
print("holds it", flush=True)
time.sleep(600)
`;

let lone: LoneBox;
let box: Box;

before(async () => {
  lone = await LoneBox.create();
  ({ box } = lone);
});

beforeEach(() => box.configure(boxConfig()));

after(() => lone.lab.remove());

/** Runs `gatepost run` to its refusal, after which no process of it is left. */
async function refusal(options: {
  readonly prefix?: readonly string[];
  readonly args?: readonly string[];
  readonly data?: string;
}): Promise<CommandResult> {
  const { prefix = [], args = ['--config', box.configPath], data = box.dataPath } = options;
  const places = ['--data', data, '--run', box.runPath];
  const argv = [...prefix, BUNDLE, 'run', ...args, ...places];
  const result = await box.namespace.run(argv, { patience: PATIENCE });
  await waitFor('the end of every process of the refused box', async () => (await box.pids()).length === 0);
  return result;
}

/** The one sentence of a refusal; before it the log may have told what was done so far. */
function sentenceOf({ stderr, stdout }: CommandResult): string {
  assert.equal(stdout, '');
  const lines = stderr.trim().split('\n');
  const sentences = lines.filter((line) => !/^\S+Z (info|notice) /.test(line));
  assert.equal(sentences.length, 1, stderr);
  return sentences.join();
}

/** Another program that has the port already. */
async function occupy(kind: 'SOCK_STREAM' | 'SOCK_DGRAM', address: string, port: number): Promise<Program> {
  const argv = ['/usr/bin/python3', '-c', STRANGER, kind, address, String(port)];
  const stranger = box.namespace.start(`stranger-${kind}-${port}`, argv);
  await stranger.line(/holds it/);
  return stranger;
}

test('gatepost run without root is refused with exit 4', async () => {
  const prefix = ['setpriv', '--reuid', NOBODY, '--regid', NOBODY, '--clear-groups'];
  const result = await refusal({ prefix });
  assert.equal(result.status, 4);
  assert.match(sentenceOf(result), new RegExp(`^Cannot start as user ${NOBODY}: root is needed`));
});

test('gatepost run without a configured device is refused with exit 4, naming it and those that are there', async () => {
  box.configure(boxConfig({ lan: { devices: ['lan0', 'lan7'], address: ADDRESSES.boxLanPrefix } }));
  const result = await refusal({});
  assert.equal(result.status, 4);
  const sentence = sentenceOf(result);
  assert.match(sentence, /"lan7" of lan\.devices is not there; present are .*wan0 \(mac:[0-9a-f:]{17}\)/);
});

test('gatepost run with a wrong configuration tells every error at once with exit 1', async () => {
  const wrong = {
    ...boxConfig(),
    mode: 'bridge',
    wan: { device: '', ipv4: { method: 'dhcp' } },
    unheardOf: 1,
    users: [{ name: 'alice', password: 'in-the-clear' }],
  };
  writeFileSync(box.configPath, JSON.stringify(wrong));
  const result = await refusal({});
  assert.equal(result.status, 1);
  assert.equal(result.stdout, '');
  const lines = result.stderr.trim().split('\n');
  const paths = new Set(lines.map((line) => line.split(':')[0]));
  assert.deepEqual(paths, new Set(['mode', 'wan.device', 'users[0].password', 'unheardOf']));
  for (const line of lines) assert.match(line, /^\S+: found .+, wanted .+$/);
  assert.doesNotMatch(result.stderr, /in-the-clear/);
});

test('gatepost run with a configuration that is not JSON, or not there, is refused with exit 1', async () => {
  writeFileSync(box.configPath, '{ "version": 1,');
  const torn = await refusal({});
  assert.equal(torn.status, 1);
  assert.match(sentenceOf(torn), /not JSON.*wanted one JSON object/);
  const missing = await refusal({ args: ['--config', box.namespace.file('nowhere.json')] });
  assert.equal(missing.status, 1);
  assert.match(sentenceOf(missing), /^Cannot read the configuration ".*nowhere\.json"/);
});

test('gatepost run with a data directory that is a file is refused with exit 4', async () => {
  const result = await refusal({ data: box.configPath });
  assert.equal(result.status, 4);
  assert.match(
    sentenceOf(result),
    /^Cannot start: the directory ".*" cannot be made .*something else has that name/,
  );
});

test('gatepost run with an unknown option is refused with exit 2', async () => {
  const result = await refusal({ args: ['--config', box.configPath, '--verbose'] });
  assert.equal(result.status, 2);
  assert.match(sentenceOf(result), /^Cannot run "gatepost run": there is no option --verbose; wanted is /);
});

for (const [kind, port, name] of [
  ['SOCK_DGRAM', 53, 'UDP'],
  ['SOCK_STREAM', 53, 'TCP'],
  ['SOCK_STREAM', 25, 'TCP'],
  ['SOCK_STREAM', 995, 'TCP'],
  ['SOCK_STREAM', 8080, 'TCP'],
] as const)
  test(`gatepost run while another program has ${name} port ${port} is refused with exit 4, naming it`, async () => {
    const stranger = await occupy(kind, '0.0.0.0', port);
    const result = await refusal({});
    await stranger.stop();
    assert.equal(result.status, 4);
    assert.match(sentenceOf(result), new RegExp(`^Cannot .*[ :]${port}\\b.*EADDRINUSE`));
  });

test('gatepost run a second time is refused with exit 4 and leaves the running box alone', async () => {
  await box.start();
  const pids = await box.pids();
  const places = ['--config', box.configPath, '--data', box.dataPath, '--run', box.runPath];
  const result = await box.namespace.run([BUNDLE, 'run', ...places]);
  assert.equal(result.status, 4);
  assert.match(sentenceOf(result), new RegExp(`^Cannot start: a box is running already .*${box.runPath}`));
  assert.deepEqual(new Set(await box.pids()), new Set(pids));
  assert.equal((await box.health()).tree.children.find(({ name }) => name === 'roles')?.state, 'ok');
  assert.deepEqual(await box.stop(), { code: 0, signal: null });
});

test('gatepost commands say with exit 3 that no box is running', async () => {
  for (const command of [['status'], ['config', 'apply', box.configPath]]) {
    const result = await box.cli(command);
    assert.equal(result.status, 3);
    assert.match(sentenceOf(result), new RegExp(`^Cannot reach the box at ${box.runPath}/api.sock`));
  }
});
