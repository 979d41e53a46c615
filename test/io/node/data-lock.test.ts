import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { test } from 'node:test';
import { lockDirectory } from '../../../src/io/node/data-lock.ts';

const MODULE = join(import.meta.dirname, '..', '..', '..', 'src', 'io', 'node', 'data-lock.ts');
const PROGRAM = `import { lockDirectory } from ${JSON.stringify(MODULE)}; console.log((await lockDirectory(process.argv[1])) !== undefined);`;

test('lockDirectory() gives a directory to one process at a time, by any of its names, and to the next when that one was killed', async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'gatepost-lock-'));
  t.after(() => rmSync(directory, { recursive: true }));
  const alias = join(directory, 'alias');
  symlinkSync(directory, alias);
  const program = (path: string): string[] => ['--input-type=module', '-e', PROGRAM, path];
  const ask = (path: string): string => execFileSync(process.execPath, program(path), { encoding: 'utf8' });
  const script = `${PROGRAM} setInterval(() => {}, 1000);`;
  const holder = spawn(process.execPath, ['--input-type=module', '-e', script, directory], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [said] = (await once(holder.stdout, 'data')) as [Buffer];
  assert.equal(said.toString(), 'true\n');
  assert.equal(ask(directory), 'false\n');
  assert.equal(ask(alias), 'false\n');
  const gone = once(holder, 'exit');
  holder.kill('SIGKILL');
  await gone;
  assert.equal(ask(alias), 'true\n');
  const release = await lockDirectory(directory);
  assert.equal(await lockDirectory(alias), undefined);
  release?.();
  assert.notEqual(await lockDirectory(directory), undefined);
});
