import assert from 'node:assert/strict';
import { createPublicKey, verify } from 'node:crypto';
import { readFileSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { test } from 'node:test';
import { changesOf, makeRelease } from '../../../build/image/make-release.ts';
import { runProgram } from '../../../build/image/run-program.ts';
import { VERSION } from '../../../src/role/version.ts';
import { UserError } from '../../../src/base/errors.ts';
import { ImageSite } from './image-site.ts';
import { missingPrograms } from './missing-programs.ts';

const missing = missingPrograms(['mksquashfs', 'mcopy', 'mkfs.vfat', 'depmod', 'mke2fs', 'xz', 'gcc']);
const skip = missing.length > 0 && `not installed: ${missing.join(', ')} (build/apt-packages-image.txt)`;

test('changesOf() gives the part of the changes about this version', () => {
  const path = resolve(import.meta.dirname, '../../../CHANGES.md');
  assert.ok(changesOf(path, VERSION).startsWith(`## ${VERSION}\n`));
  assert.throws(() => changesOf(path, '99.0.0'), UserError);
});

test(
  'makeRelease() writes the files of all boards, the changes and a signed list of checksums, and nothing else',
  { skip },
  async () => {
    using site = await ImageSite.make();
    const board = readFileSync(join(site.folder, 'board/test-board.json'), 'utf8');
    site.write('board/other.json', board.replace('"name":"test-board"', '"name":"other"'));
    site.write('CHANGES.md', '# Changes\n\n## 1.2.3\nbetter\n\n## 1.2.2\nworse\n');
    const options = { ...site.options('release'), changes: join(site.folder, 'CHANGES.md') };
    await makeRelease(options);
    const endings = [
      'img.xz',
      'img.xz.sha256',
      'manifest',
      'spdx.json',
      'start4.elf',
      'update',
      'update.sha256',
    ];
    const images = ['other', 'test-board'].flatMap((name) =>
      endings.map((ending) => `gatepost-${name}-1.2.3.${ending}`),
    );
    assert.deepEqual(
      readdirSync(options.out).toSorted(),
      [...images, 'CHANGES.md', 'SHA256SUMS', 'SHA256SUMS.sig'].toSorted(),
    );
    await runProgram(['sha256sum', '--quiet', '--check', '--strict', 'SHA256SUMS'], { cwd: options.out });
    const sums = readFileSync(join(options.out, 'SHA256SUMS'));
    assert.equal(sums.toString().trimEnd().split('\n').length, images.length + 1);
    assert.ok(
      verify(null, sums, createPublicKey(site.key), readFileSync(join(options.out, 'SHA256SUMS.sig'))),
    );
    assert.equal(readFileSync(join(options.out, 'CHANGES.md'), 'utf8'), '## 1.2.3\nbetter\n\n');
  },
);

test(
  'makeRelease() writes nothing into a folder that has something, nor for a version that nobody has described',
  { skip },
  async () => {
    using site = await ImageSite.make();
    site.write('CHANGES.md', '## 1.2.2\n');
    const options = { ...site.options('release'), changes: join(site.folder, 'CHANGES.md') };
    await assert.rejects(makeRelease(options), /no heading "## 1\.2\.3"/);
    site.write('CHANGES.md', '## 1.2.3\n');
    site.write('out-release/letter.txt', 'kept');
    await assert.rejects(makeRelease(options), /the folder is not empty/);
    assert.deepEqual(readdirSync(options.out), ['letter.txt']);
  },
);
