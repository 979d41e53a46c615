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
  assert.match(err, /Cannot run "gatepost fly"/);
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

test('update is refused with one sentence: by the box, and without a file', async () => {
  const file = join(directory, 'empty');
  writeFileSync(file, '');
  const refused = await gatepost(['update', file, '--run', directory]);
  assert.deepEqual([refused.code, refused.err], [1, 'Cannot update: the file ends too early\n']);
  const missing = await gatepost(['update', join(directory, 'nothing'), '--run', directory]);
  assert.equal(missing.code, 1);
  assert.match(missing.err, /^Cannot read the update /);
});

test('update without a file says which system runs; with --back the other one is started', async () => {
  assert.equal((await gatepost(['update', '--run', directory])).out, '1.2.3 on a rpi, slot a\n');
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
