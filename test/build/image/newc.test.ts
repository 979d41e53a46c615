import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, readlinkSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { encodeNewc } from '../../../build/image/newc.ts';
import { runProgram } from '../../../build/image/run-program.ts';
import type { Tree } from '../../../build/image/tree.ts';
import { missingPrograms } from './missing-programs.ts';

const TREE: Tree = new Map([
  ['init', { kind: 'file', from: Buffer.from('#!/bin/sh\n'), executable: true, origin: 'test' }],
  ['etc/modules', { kind: 'file', from: Buffer.from('ext4\n'), executable: false, origin: 'test' }],
  ['bin', { kind: 'link', target: 'usr/bin' }],
]);

test('encodeNewc() writes heads of thirteen hexadecimal fields and pads names and contents to 4 bytes', () => {
  const tree: Tree = new Map([
    ['init', { kind: 'file', from: Buffer.from('x'), executable: true, origin: '' }],
  ]);
  const archive = Buffer.from(encodeNewc(tree, 0x5f00_0000)).toString('latin1');
  const head =
    '070701' +
    '00000001' + // inode
    '000081ed' + // a file, rwxr-xr-x
    '00000000' + // owner
    '00000000' + // group
    '00000001' + // links
    '5f000000' + // time
    '00000001' + // octets
    '00000000'.repeat(4) + // devices
    '00000005' + // octets of the name
    '00000000'; // checksum, unused
  assert.ok(archive.startsWith(`${head}init\0\0x\0\0\u{0}070701`));
  assert.ok(archive.endsWith('TRAILER!!!\0\0\0\0'));
  assert.equal(archive.length % 4, 0);
});

const missing = missingPrograms(['cpio']);

test(
  'cpio unpacks what encodeNewc() has written',
  { skip: missing.length > 0 && 'cpio is not installed' },
  async () => {
    const folder = mkdtempSync(join(tmpdir(), 'gatepost-newc-'));
    try {
      const archive = Buffer.from(encodeNewc(TREE, 1000)).toString('latin1');
      await runProgram(
        ['cpio', '--extract', '--make-directories', '--preserve-modification-time', '--quiet'],
        {
          cwd: folder,
          input: archive,
        },
      );
      assert.equal(readFileSync(join(folder, 'etc/modules'), 'utf8'), 'ext4\n');
      assert.equal(readlinkSync(join(folder, 'bin')), 'usr/bin');
      const { mode, mtimeMs } = statSync(join(folder, 'init'));
      assert.deepEqual([mode & 0o777, mtimeMs], [0o755, 1_000_000]);
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
);
