import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, test } from 'node:test';
import type { ChildProcess } from '../../../src/port/process.ts';
import { ForkedRoles } from '../../../src/io/node/child-process.ts';

interface Running {
  readonly child: ChildProcess<unknown>;
  readonly next: () => Promise<unknown>;
  readonly exited: Promise<string>;
  readonly alive: Promise<void>;
  readonly lines: string[];
}

const entry = join(import.meta.dirname, '..', '..', 'fake', 'tiny-role.ts');
const running: Running[] = [];
after(() => {
  for (const { child } of running) child.kill('SIGKILL');
});

/** Starts the tiny role under our own user, so that the test needs no root. */
function start(): Running {
  const waiting: ((message: unknown) => void)[] = [];
  const messages: unknown[] = [];
  const lines: string[] = [];
  const roles = new ForkedRoles<unknown, unknown>({
    entry,
    args: (role) => ['role', role],
    env: { ONLY: 'this' },
    onLine: (role, line) => void lines.push(`${role}: ${line}`),
  });
  const ended = Promise.withResolvers<string>();
  const alive = Promise.withResolvers<void>();
  const child = roles.spawn(
    { role: 'tiny', uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 },
    {
      onMessage: (message) => {
        const resolve = waiting.shift();
        if (resolve === undefined) messages.push(message);
        else resolve(message);
      },
      onAlive: () => alive.resolve(),
      onExit: (reason) => ended.resolve(reason),
    },
  );
  const next = (): Promise<unknown> =>
    messages.length > 0
      ? Promise.resolve(messages.shift())
      : new Promise((resolve) => void waiting.push(resolve));
  const started = { child, next, exited: ended.promise, alive: alive.promise, lines };
  running.push(started);
  return started;
}

test('ForkedRoles starts a role with its arguments and nothing of our environment or options', async () => {
  const { child, next, exited } = start();
  assert.equal(await next(), 'ready');
  child.send({ kind: 'about' });
  const about = (await next()) as { argv: string[]; env: string[]; execArgv: string[] };
  assert.deepEqual(about.argv, ['role', 'tiny']);
  assert.deepEqual(
    about.env.filter((name) => !name.startsWith('NODE_CHANNEL')),
    ['ONLY'],
  );
  assert.deepEqual(about.execArgv, []);
  child.send({ kind: 'stop' });
  assert.equal(await exited, 'exit code 0');
});

test('ForkedRoles carries bytes and big integers in messages', async () => {
  const { child, next, exited } = start();
  assert.equal(await next(), 'ready');
  const value = { bytes: Uint8Array.of(0, 255), big: 2n ** 64n };
  child.send({ kind: 'echo', value });
  const back = (await next()) as { bytes: Uint8Array; big: bigint };
  assert.deepEqual([...back.bytes], [0, 255]);
  assert.equal(back.big, 2n ** 64n);
  child.kill('SIGTERM');
  assert.equal(await exited, 'SIGTERM');
});

test('ForkedRoles reports the exit code, and sending to a child that has ended does nothing', async () => {
  const { child, next, exited } = start();
  assert.equal(await next(), 'ready');
  child.send({ kind: 'exit' });
  assert.equal(await exited, 'exit code 7');
  child.send({ kind: 'echo' });
  child.kill('SIGKILL');
});

test('ForkedRoles reports what a role prints line by line', async () => {
  const { child, next, exited, lines } = start();
  assert.equal(await next(), 'ready');
  child.send({ kind: 'print' });
  child.send({ kind: 'echo', value: 'done' });
  assert.equal(await next(), 'done');
  child.send({ kind: 'stop' });
  await exited;
  assert.ok(lines.includes('tiny: one'));
});

test('ForkedRoles: a role answers the question whether it is alive without knowing of it', async () => {
  const { child, next, alive } = start();
  assert.equal(await next(), 'ready');
  child.ask();
  await alive;
  child.send({ kind: 'echo', value: 'nothing else was heard' });
  assert.equal(await next(), 'nothing else was heard');
});
