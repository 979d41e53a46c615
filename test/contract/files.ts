import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { InvariantError, KernelError } from '../../src/base/errors.ts';
import { fromUtf8, utf8 } from '../../src/base/text.ts';
import type { Files } from '../../src/port/files.ts';

const withErrno = (errno: string) => (error: unknown) =>
  error instanceof KernelError && error.errno === errno;

/** What every implementation of the file port keeps; `make` yields one on an empty directory. */
export function filesContract(name: string, make: (t: TestContext) => Promise<Files>): void {
  test(`${name}: appended parts are read back in order at any place`, async (t) => {
    const files = await make(t);
    const file = await files.open('a.log', 'create');
    await file.append([utf8('one '), utf8(''), utf8('two ')]);
    await file.append([utf8('three')]);
    await file.sync();
    assert.equal(await file.size(), 13);
    assert.equal(fromUtf8(await file.read(4, 3)), 'two');
    assert.equal(fromUtf8(await file.read(8, 100)), 'three');
    assert.equal((await file.read(13, 4)).length, 0);
    await file.close();
    assert.equal(fromUtf8((await files.read('a.log')) ?? new Uint8Array()), 'one two three');
  });

  test(`${name}: a file is reopened for appending at its end, and after truncate() at its new end`, async (t) => {
    const files = await make(t);
    const first = await files.open('a.log', 'create');
    await first.append([utf8('abcdef')]);
    await first.close();
    const again = await files.open('a.log', 'existing');
    await again.truncate(2);
    await again.append([utf8('XY')]);
    assert.equal(fromUtf8(await again.read(0, 10)), 'abXY');
    await again.close();
  });

  test(`${name}: write() writes over what is there and on beyond the end, in one piece or many`, async (t) => {
    const files = await make(t);
    const file = await files.open('a.log', 'create');
    await file.write(0, [utf8('abc'), utf8('def')]);
    await file.write(4, [utf8('X'), utf8(''), utf8('YZ')]);
    await file.write(1, [utf8('-')]);
    assert.equal(fromUtf8(await file.read(0, 10)), 'a-cdXYZ');
    const long = new Uint8Array(200_000).fill(0x41);
    await file.write(7, [long, utf8('end')]);
    await file.append([utf8('.')]);
    assert.equal(await file.size(), 200_011);
    assert.equal(fromUtf8(await file.read(200_005, 10)), 'AAend.');
    await file.close();
  });

  test(`${name}: open() creates only what is missing and reopens only what is there`, async (t) => {
    const files = await make(t);
    const file = await files.open('a.log', 'create');
    await file.close();
    await assert.rejects(files.open('a.log', 'create'), withErrno('EEXIST'));
    await assert.rejects(files.open('b.log', 'existing'), withErrno('ENOENT'));
    await assert.rejects(files.open('missing/b.log', 'create'), withErrno('ENOENT'));
  });

  test(`${name}: list() sorts, names directories too and is empty for a missing one`, async (t) => {
    const files = await make(t);
    await files.makeDirectory('x/deep');
    await files.makeDirectory('x/deep');
    for (const path of ['x/b', 'x/a', 'c']) {
      const file = await files.open(path, 'create');
      await file.close();
    }
    assert.deepEqual(await files.list('x'), ['a', 'b', 'deep']);
    assert.deepEqual(await files.list('.'), ['c', 'x']);
    assert.deepEqual(await files.list('y'), []);
    await files.syncDirectory('x');
    await files.syncDirectory('.');
    await assert.rejects(files.syncDirectory('y'), withErrno('ENOENT'));
  });

  test(`${name}: replace() leaves the new content and no temporary file, also many at once`, async (t) => {
    const files = await make(t);
    assert.equal(await files.read('small.json'), undefined);
    await Promise.all(['1', '22', '333'].map((text) => files.replace('small.json', utf8(text))));
    assert.equal(fromUtf8((await files.read('small.json')) ?? new Uint8Array()), '333');
    assert.deepEqual(await files.list('.'), ['small.json']);
  });

  test(`${name}: a directory is no file, and a replace() that fails leaves nothing behind`, async (t) => {
    const files = await make(t);
    await files.makeDirectory('x/y');
    await files.replace('a.json', utf8('{}'));
    await assert.rejects(files.replace('x', utf8('{}')), withErrno('EISDIR'));
    await assert.rejects(files.rename('a.json', 'x'), withErrno('EISDIR'));
    await assert.rejects(files.remove('x'), withErrno('EISDIR'));
    await assert.rejects(files.read('x'), withErrno('EISDIR'));
    await assert.rejects(files.open('x', 'existing'), withErrno('EISDIR'));
    await assert.rejects(files.list('a.json'), withErrno('ENOTDIR'));
    assert.deepEqual(await files.list('.'), ['a.json', 'x']);
  });

  test(`${name}: a removed file lives on for those who have it open`, async (t) => {
    const files = await make(t);
    const file = await files.open('a.log', 'create');
    await file.append([utf8('kept')]);
    await files.remove('a.log');
    assert.equal(await files.read('a.log'), undefined);
    assert.equal(fromUtf8(await file.read(0, 4)), 'kept');
    await file.close();
    await assert.rejects(files.remove('a.log'), withErrno('ENOENT'));
  });

  test(`${name}: a path out of the directory is our own bug`, async (t) => {
    const files = await make(t);
    for (const path of ['../a', 'x/../../a', '/etc/passwd']) {
      await assert.rejects(files.read(path), InvariantError);
    }
  });

  test(`${name}: freeSpace() is a number of bytes`, async (t) => {
    const files = await make(t);
    assert.ok((await files.freeSpace()) > 4096);
  });
}
