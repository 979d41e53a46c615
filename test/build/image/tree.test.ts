import assert from 'node:assert/strict';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { MERGED_LINKS, chooseFiles, mergeUsr } from '../../../build/image/file-rules.ts';
import {
  type Entry,
  type Tree,
  addTree,
  danglingLinks,
  resolvePath,
  treeOfFolder,
  withParents,
  writeTree,
} from '../../../build/image/tree.ts';
import { UserError } from '../../../src/base/errors.ts';

const file = (text: string, origin = 'test'): Entry => ({
  kind: 'file',
  from: Buffer.from(text),
  executable: false,
  origin,
});
const link = (target: string): Entry => ({ kind: 'link', target });

test('a tree written into a folder and read back is the same, with no trace of set-user-ID or of when it was made', () => {
  const folder = mkdtempSync(join(tmpdir(), 'gatepost-tree-'));
  try {
    mkdirSync(join(folder, 'from/usr/bin'), { recursive: true });
    writeFileSync(join(folder, 'from/usr/bin/su'), 'program');
    chmodSync(join(folder, 'from/usr/bin/su'), 0o4755);
    symlinkSync('usr/bin', join(folder, 'from/bin'));
    const tree = treeOfFolder(join(folder, 'from'), 'test');
    writeTree(tree, join(folder, 'to'), 1000);
    const { mode, mtimeMs } = statSync(join(folder, 'to/usr/bin/su'));
    assert.equal(mode & 0o7777, 0o755);
    assert.equal(mtimeMs, 1_000_000);
    assert.deepEqual([...treeOfFolder(join(folder, 'to'), 'test').keys()], [...tree.keys()]);
    assert.equal(readFileSync(join(folder, 'to/bin/su'), 'utf8'), 'program');
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('withParents() names every folder above a path, before it', () => {
  const tree: Tree = new Map([
    ['b/c/d', file('')],
    ['a', file('')],
  ]);
  assert.deepEqual([...withParents(tree).keys()], ['a', 'b', 'b/c', 'b/c/d']);
});

test('addTree() refuses two files under one path, unless the later one is meant to replace the first', () => {
  const tree: Tree = new Map([['etc/inittab', file('first')]]);
  const more: Tree = new Map([['etc/inittab', file('second')]]);
  assert.throws(() => addTree(tree, more), UserError);
  addTree(tree, more, true);
  assert.deepEqual(tree, more);
});

test('resolvePath() follows links of folders and files, relative and absolute, and gives up in a circle', () => {
  const tree: Tree = new Map([
    ...MERGED_LINKS,
    ['usr/sbin/init', link('../bin/busybox')],
    ['usr/bin/busybox', file('')],
    ['init', link('/sbin/init')],
    ['round', link('about')],
    ['about', link('round')],
  ]);
  assert.equal(resolvePath(tree, 'init'), 'usr/bin/busybox');
  assert.equal(resolvePath(tree, 'sbin/init'), 'usr/bin/busybox');
  assert.equal(resolvePath(tree, 'round'), undefined);
});

test('danglingLinks() names links to nothing, but none into file systems of the running box', () => {
  const tree: Tree = new Map([
    ['usr/bin/vi', link('busybox')],
    ['etc/resolv.conf', link('/run/resolv.conf')],
    ['etc/mtab', link('/proc/mounts')],
  ]);
  assert.deepEqual(danglingLinks(tree), ['usr/bin/vi']);
});

test('chooseFiles() takes what the globs name, with what links point to', () => {
  const packages = new Map([
    [
      'kmod',
      new Map([
        ['usr/bin', { kind: 'directory' }],
        ['usr/bin/kmod', file('kmod')],
        ['usr/sbin/modprobe', link('../bin/kmod')],
        ['usr/sbin/insmod', link('../bin/kmod')],
        ['usr/share/doc/kmod/README', file('')],
      ] satisfies [string, Entry][]),
    ],
  ]);
  const rules = [{ package: 'kmod', files: ['usr/sbin/mod*'], reason: '' }];
  assert.deepEqual([...chooseFiles(rules, packages).keys()], ['usr/sbin/modprobe', 'usr/bin/kmod']);
});

test('chooseFiles() refuses a glob that names nothing, and a package that is not locked', () => {
  const packages = new Map([['kmod', new Map([['usr/bin/kmod', file('')]])]]);
  assert.throws(
    () => chooseFiles([{ package: 'kmod', files: ['usr/bin/nft'], reason: '' }], packages),
    UserError,
  );
  assert.throws(() => chooseFiles([{ package: 'nft', files: ['*'], reason: '' }], packages), UserError);
});

test('mergeUsr() moves /bin, /sbin and /lib into /usr and leaves names that only begin alike', () => {
  const tree: Tree = new Map([
    ['sbin/a', file('')],
    ['lib/b', file('')],
    ['library', file('')],
    ['usr/bin/c', file('')],
  ]);
  assert.deepEqual([...mergeUsr(tree).keys()], ['usr/sbin/a', 'usr/lib/b', 'library', 'usr/bin/c']);
});
