import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { PROJECT_SOURCES } from '../../build/image/image-sources.ts';
import { EXIT } from '../../src/cli/exit.ts';
import { OF_DEVICES, REQUIRED, WISHED } from '../../src/role/net/kernel-values.ts';
import { ROLE_IDS } from '../../src/role/settings.ts';

const { overlay, firmware } = PROJECT_SOURCES;
/** What only some kernels have: Debian's does, or a later one. */
const MAY_LACK = new Set([
  'kernel.sysrq',
  'kernel.yama.ptrace_scope',
  'kernel.kexec_load_disabled',
  'kernel.io_uring_disabled',
]);

function text(path: string): string {
  return readFileSync(join(overlay, path), 'utf8');
}

const files = readdirSync(overlay, { recursive: true, encoding: 'utf8' }).filter((path) =>
  statSync(join(overlay, path)).isFile(),
);
const scripts = files.filter((path) => text(path).startsWith('#!'));
const settings = text('etc/board/sysctl.conf')
  .split('\n')
  .filter((line) => line !== '' && !line.startsWith('#'))
  .map((line) => line.split('=', 1)[0] ?? '');

test('every script of the root and of the initramfs is one that a POSIX shell reads', () => {
  for (const path of [...scripts.map((name) => join(overlay, name)), join(firmware, 'initramfs/init')])
    execFileSync('dash', ['-n', path]);
});

test('scripts can be executed, other files cannot, and none has the rights of its owner', () => {
  for (const path of files) {
    const { mode } = statSync(join(overlay, path));
    assert.equal((mode & 0o111) !== 0, scripts.includes(path), path);
    assert.equal(mode & 0o6022, 0, path);
  }
});

test('inittab starts only programs that are there', () => {
  const lines = text('etc/inittab')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'));
  for (const line of lines) {
    const program = /^::\w+:(\/\S+)(?: \w+)?$/.exec(line)?.[1] ?? line;
    assert.ok(program === '/bin/busybox' || existsSync(join(overlay, program)), line);
  }
});

test('no user can log in, and the users of the roles are those of the program', () => {
  const users = text('etc/passwd')
    .trim()
    .split('\n')
    .map((line) => line.split(':'));
  for (const [name = '', password, , , , , shell] of users)
    assert.deepEqual([password, shell], ['*', '/bin/false'], name);
  for (const [role, { uid, gid }] of Object.entries(ROLE_IDS)) {
    const [, , ...ids] = users.find(([name]) => name === role) ?? [];
    assert.deepEqual(ids.slice(0, 2), [String(uid), String(gid)]);
    assert.match(text('etc/group'), new RegExp(`^${role}:\\*:${gid}:$`, 'm'));
  }
});

test('settings of the kernel are ones that it has, and none that gatepost sets itself', () => {
  const own = new Set([...REQUIRED, ...WISHED].map(([name]) => name));
  assert.ok(settings.length > 10);
  for (const name of settings) {
    assert.ok(!own.has(name), name);
    assert.ok(!OF_DEVICES.some(([folder]) => name.startsWith(folder)), name);
    const path = `/proc/sys/${name.replaceAll('.', '/')}`;
    assert.ok(existsSync(path) || MAY_LACK.has(name), name);
  }
});

test('the board is started anew at the exit code with which gatepost asks for it', () => {
  assert.match(text('etc/board/gatepost'), new RegExp(`^RESTART=${EXIT.restart}$`, 'm'));
});
