import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { KernelError } from '../../../src/base/errors.ts';
import { makeDirectories } from '../../../src/io/node/make-directories.ts';

const root = mkdtempSync(join(tmpdir(), 'gatepost-directories-'));
after(() => rmSync(root, { recursive: true }));

/** The error that comes of a path. */
function failureAt(path: string): KernelError {
  try {
    makeDirectories(path, 0o700);
  } catch (error) {
    assert.ok(error instanceof KernelError);
    return error;
  }
  return assert.fail(`${path} was made`);
}

test('makeDirectories() makes what is missing, for its owner only, and says whether anything was', () => {
  const path = join(root, 'a', 'b', 'c');
  assert.equal(makeDirectories(path, 0o700), true);
  assert.equal(statSync(join(root, 'a')).mode & 0o777, 0o700);
  assert.equal(makeDirectories(path, 0o700), false);
  symlinkSync(path, join(root, 'link'));
  assert.equal(makeDirectories(join(root, 'link'), 0o700), false);
});

test('makeDirectories() ends with one sentence where a file system takes no directories', () => {
  for (const path of ['/proc/x', '/proc/x/y'])
    assert.equal(
      failureAt(path).message,
      'Cannot make the directory /proc/x: the file system there takes none (ENOENT)',
    );
});

test('makeDirectories() refuses a path through a file, to a file and to a link that leads nowhere', () => {
  writeFileSync(join(root, 'file'), '');
  symlinkSync(join(root, 'nowhere', 'at', 'all'), join(root, 'broken'));
  assert.equal(failureAt(join(root, 'file')).errno, 'EEXIST');
  assert.equal(failureAt(join(root, 'file', 'x')).errno, 'ENOTDIR');
  assert.equal(failureAt(join(root, 'broken', 'x')).errno, 'EEXIST');
});
