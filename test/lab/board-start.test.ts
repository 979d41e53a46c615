import assert from 'node:assert/strict';
import { chmodSync, cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { copyPrograms } from './program-tree.ts';
import { runCommand } from './run-command.ts';

// rootfs-overlay/ with the machine's busybox as the first program of a process namespace; the settings of the kernel are read-only there,
// and gatepost is a stand-in that ends as the test says.

const OVERLAY = join(import.meta.dirname, '..', '..', 'rootfs-overlay');
const STAND_IN = `#!/bin/sh
echo "gatepost $*"
[ "$1" = run ] || { sleep 2; [ -e /run/restart-wanted ] && reboot; exec sleep 1000; }
read -r code </codes
sed -i 1d /codes
[ "$code" = stay ] || exit "$code"
trap 'echo "ended in order"; exit 0' TERM
touch /run/restart-wanted
while :; do sleep 0.1; done
`;
const SPACE = `
mount -t tmpfs tmpfs "$1/new" && cp -a "$1/root/." "$1/new/" && cd "$1/new"
mkdir -p proc sys dev run data tmp var old
mount -t proc proc proc && mount --bind proc/sys proc/sys && mount -o remount,ro,bind proc/sys
mount -t sysfs -o ro sysfs sys
mount -t tmpfs tmpfs dev && mknod dev/null c 1 3 && touch dev/console
mount -t tmpfs tmpfs run && mkdir run/boot run/card && mount -t tmpfs tmpfs data
echo b >run/boot/slot; echo /dev/none >run/boot/card; echo ok >run/boot/data
printf '%s' "$2" >codes
pivot_root . old
exec chroot . /bin/sh -c 'umount -l /old && exec /sbin/init'`;

let directory: string;

before(async () => {
  directory = mkdtempSync(join(tmpdir(), 'gatepost-board-'));
  const root = join(directory, 'root');
  await copyPrograms(root, ['busybox']);
  cpSync(OVERLAY, root, { recursive: true });
  mkdirSync(join(root, 'sbin'));
  symlinkSync('../bin/sh', join(root, 'sbin/init'));
  writeFileSync(join(root, 'bin/gatepost'), STAND_IN);
  chmodSync(join(root, 'bin/gatepost'), 0o755);
  mkdirSync(join(directory, 'new'));
});

after(() => rmSync(directory, { recursive: true, force: true }));

/** Starts the board; what was said until it was to be started again. */
async function start(codes: readonly (number | string)[]): Promise<string> {
  const space = ['unshare', '--mount', '--pid', '--uts', '--net', '--fork', '--kill-child', 'sh', '-c'];
  const wanted = codes.map((code) => `${code}\n`).join('');
  const { stdout, stderr } = await runCommand([...space, SPACE, 'sh', directory, wanted], {
    patience: 60_000,
  });
  return stdout + stderr;
}

test('a box that falls is started again, and one that asks for it restarts the board', async () => {
  const said = await start([3, 10]);
  const runs = [...said.matchAll(/^gatepost (run .*)$/gm)].map(([, call]) => call);
  const call = 'run --board /etc/gatepost/board.json --slot b --data /data';
  assert.deepEqual(runs, [call, call], said);
  assert.match(said, /^gatepost: it has ended with 3; it starts again$/m);
  assert.match(said, /^gatepost: the board restarts$/m);
});

test('a box that falls again and again restarts the board', async () => {
  const said = await start([1, 1, 1, 1, 4, 0]);
  assert.equal([...said.matchAll(/^gatepost run /gm)].length, 5, said);
  assert.match(said, /it has ended 5 times within 300 seconds, with 4 at last; the board restarts$/m);
});

test('a restart of the board ends the box in order first', async () => {
  const said = await start(['stay']);
  assert.match(said, /^ended in order$/m);
  assert.equal([...said.matchAll(/^gatepost run /gm)].length, 1, said);
});
