import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { getRequestListener } from '@hono/node-server';
import type { Log } from '../../src/port/log.ts';
import { apiRoutes } from '../../src/service/api/routes.ts';
import { FakeBox, LEASES } from '../fake/fake-box.ts';

// The command as its caller sees it: words in, text and exit code out, against a box that is only an API.

const directory = mkdtempSync(join(tmpdir(), 'gatepost-cli-'));
const ignore = (): void => undefined;
const log: Log = { debug: ignore, info: ignore, notice: ignore, warn: ignore, error: ignore, fatal: ignore };
const box = new FakeBox();
const routes = apiRoutes({ box, version: '0.1.0', log });
const listener = getRequestListener((request) => routes.fetch(request, { mayWrite: true }));
const server = createServer((request, response) => void listener(request, response));

before(() => new Promise<void>((resolve) => server.listen(join(directory, 'api.sock'), resolve)));
after(() => {
  server.close();
  server.closeAllConnections();
  rmSync(directory, { recursive: true });
});

interface Result {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

function gatepost(words: readonly string[], input = ''): Promise<Result> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [
      '--disable-warning=ExperimentalWarning',
      join(import.meta.dirname, '../../src/main.ts'),
      ...words,
    ]);
    let [out, err] = ['', ''];
    child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()));
    child.on('close', (code) => resolve({ code, out, err }));
    child.stdin.end(input);
  });
}

test('a command that does not exist is a usage error, exit code 2', async () => {
  const { code, err } = await gatepost(['fly']);
  assert.equal(code, 2);
  assert.equal(
    err,
    'Cannot run "gatepost fly": there is no such command; "gatepost --help" lists those there are\n',
  );
  assert.match(
    (await gatepost(['alias', '--run', directory])).err,
    /"gatepost alias": .* alias remove, alias list$/m,
  );
});

const WRONG_CALLS = [
  [['leases', 'end'], 'leases end', 'more is to be said; wanted is "gatepost leases end ADDRESS"'],
  [['user', 'quota', 'al'], 'user quota', 'a word is missing; wanted is "gatepost user quota NAME SIZE"'],
  [['names', 'all'], 'names', '"all" is one word too many; wanted is "gatepost names [--json]"'],
  [['names', '--xml'], 'names', 'there is no option --xml; wanted is "gatepost names [--json]"'],
  [['names', '--json=1'], 'names', '--json takes no value; wanted is "gatepost names [--json]"'],
  [
    ['leases', '--find', '--json'],
    'leases',
    '--find is without its value; wanted is "gatepost leases [--find TEXT] [--json]"',
  ],
] as const;

for (const [words, name, what] of WRONG_CALLS) {
  test(`a wrong call is told what is wrong and what is wanted, exit code 2: gatepost ${words.join(' ')}`, async () => {
    const { code, err } = await gatepost(words);
    assert.deepEqual([code, err], [2, `Cannot run "gatepost ${name}": ${what}\n`]);
  });
}

test('--help after a command or the first word of several shows these alone', async () => {
  const usages = async (...words: readonly string[]): Promise<readonly string[]> =>
    (await gatepost([...words, '--help'])).out.match(/^ {2}gatepost \S+ \S+/gm) ?? [];
  assert.deepEqual(await usages('leases', 'pin', '192.0.2.1'), ['  gatepost leases pin']);
  assert.deepEqual(await usages('leases'), [
    '  gatepost leases [--find',
    '  gatepost leases end',
    '  gatepost leases pin',
  ]);
  assert.deepEqual(await usages('run'), ['  gatepost run [--config']);
  assert.equal((await gatepost(['fly', '--help'])).code, 2);
});

test('a file that cannot be read is the mistake of the caller, exit code 1', async () => {
  const nothing = join(directory, 'nothing');
  for (const [words, what] of [
    [['check', nothing], 'the configuration'],
    [['config', 'apply', nothing], 'the configuration'],
    [['certificate', 'set', nothing, nothing], 'the certificate'],
    [['mail', 'import', 'alice', nothing], 'the mail'],
    [['update', nothing], 'the update'],
  ] as const) {
    const { code, err } = await gatepost(words);
    const reason = 'there is no such file or directory (ENOENT)';
    assert.deepEqual([code, err], [1, `Cannot read ${what} "${nothing}": ${reason}\n`]);
  }
});

test('who reads no further, as "gatepost names | head" does, is no error', async () => {
  const child = spawn(process.execPath, [
    '--disable-warning=ExperimentalWarning',
    join(import.meta.dirname, '../../src/main.ts'),
    'names',
    '--run',
    directory,
  ]);
  let err = '';
  child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()));
  child.stdout.destroy();
  const code = await new Promise((resolve) => child.on('close', resolve));
  assert.deepEqual([code, err], [0, '']);
});

test('update sends the file, shows the progress in steps, and says what comes next', async () => {
  const file = join(directory, 'update');
  writeFileSync(file, Buffer.alloc(3_000_000));
  const { code, out } = await gatepost(['update', file, '--run', directory]);
  assert.deepEqual(out.trim().split('\n'), [
    'writing 100 %',
    'verifying 50 %',
    'of 3000000 octets is written and verified; the box restarts into it and keeps it if all works as before',
  ]);
  assert.equal(code, 0);
});

test('update is refused with one sentence: by the box, and with both a file and --back', async () => {
  const file = join(directory, 'empty');
  writeFileSync(file, '');
  const refused = await gatepost(['update', file, '--run', directory]);
  assert.deepEqual([refused.code, refused.err], [1, 'Cannot update: the file ends too early\n']);
  const both = await gatepost(['update', file, '--back', '--run', directory]);
  assert.equal(both.code, 1);
  assert.match(both.err, /--back is the system before; leave one of them out/);
});

test('update without a file says which system runs; with --back the other one is started', async () => {
  assert.equal((await gatepost(['update', '--run', directory])).out, '1.2.3 on the board rpi, slot a\n');
  const { code } = await gatepost(['update', '--back', '--run', directory]);
  assert.equal(code, 0);
  assert.equal(box.calls.at(-1), 'startOtherSystem');
});

test('a box that is not running is exit code 3 with one sentence', async () => {
  const { code, err } = await gatepost(['status', '--run', join(directory, 'nowhere')]);
  assert.equal(code, 3);
  assert.equal(err.trim().split('\n').length, 1);
});

test('check names every problem of a file, exit code 1; an acceptable one is exit code 0', async () => {
  const file = join(directory, 'config.json');
  writeFileSync(file, '{ "version": 1, "mode": "bridge", "lan": { "address": "x" } }');
  const refused = await gatepost(['check', file]);
  assert.equal(refused.code, 1);
  assert.match(
    refused.err,
    /^mode: found "bridge", wanted "firewall", "firewall-dmz", "router" or "lan-only"\nlan\.address: found "x", wanted/,
  );
  writeFileSync(file, '{ "version": 1 }');
  assert.equal((await gatepost(['check', file])).code, 0);
});

test('leases --json prints what the API answers; without it a table', async () => {
  const json = await gatepost(['leases', '--json', '--run', directory]);
  assert.deepEqual(JSON.parse(json.out), LEASES);
  const text = await gatepost(['leases', '--run', directory]);
  assert.match(text.out, /^ADDRESS +MAC +NAME/);
});

for (const command of ['status', 'names', 'log', 'health']) {
  test(`${command} prints text, and JSON with --json`, async () => {
    const text = await gatepost([command, '--run', directory]);
    assert.equal(text.code, 0, text.err);
    assert.ok(text.out.length > 0);
    assert.equal(typeof JSON.parse((await gatepost([command, '--json', '--run', directory])).out), 'object');
  });
}

test('user add reads the password from the first line of standard input', async () => {
  const { code, err } = await gatepost(
    ['user', 'add', 'bob', '--full-name', 'Bob', '--run', directory],
    'correct horse\nrest\n',
  );
  assert.equal(code, 0, err);
  assert.deepEqual(box.added, [{ name: 'bob', fullName: 'Bob', password: 'correct horse' }]);
});

test('user add refuses an empty password, and passes on why the box refuses, exit code 1', async () => {
  assert.equal((await gatepost(['user', 'add', 'carol', '--run', directory], '')).code, 1);
  const { code, err } = await gatepost(['user', 'add', 'alice', '--run', directory], 'x\n');
  assert.equal(code, 1);
  assert.match(err, /there is one of that name/);
});

test('config apply sends the file and prints what changed', async () => {
  const file = join(directory, 'next.json');
  writeFileSync(file, '{ "version": 1 }');
  const { out } = await gatepost(['config', 'apply', file, '--run', directory]);
  assert.equal(out, 'firewall changed\n');
});
