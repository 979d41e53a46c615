import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import type { ImageFiles } from '../../../build/image/build-image.ts';
import { PARTITIONS, SLOT_STATE_OFFSETS } from '../../../build/image/card-plan.ts';
import { newestSlotState } from '../../../src/wire/slot-state/slot-state.ts';
import { openUpdate, updateKey } from '../../../src/service/update/open-update.ts';
import { publicKeyText } from '../../../build/image/signing-key.ts';
import { runProgram } from '../../../build/image/run-program.ts';
import { inChunks } from '../../service/update/update-file.ts';
import { ImageSite } from './image-site.ts';
import { missingPrograms } from './missing-programs.ts';

const missing = missingPrograms([
  'mksquashfs',
  'unsquashfs',
  'mcopy',
  'mkfs.vfat',
  'depmod',
  'mke2fs',
  'xz',
  'gcc',
]);
const skip = missing.length > 0 && `not installed: ${missing.join(', ')} (build/apt-packages-image.txt)`;

const outputOf = async (argv: readonly string[]): Promise<string> => (await runProgram(argv)).toString();
const isEmpty = (bytes: Uint8Array): boolean => Buffer.alloc(bytes.length).equals(bytes);

suite('buildImage() over small packages', { skip }, () => {
  let site: ImageSite;
  let made: ImageFiles;
  let card: Buffer;
  const output = (name: string, of = 'first'): Buffer => readFileSync(join(site.folder, `out-${of}`, name));

  before(async () => {
    site = await ImageSite.make();
    made = await site.build('first');
    const image = join(site.folder, 'out-first', made.image);
    await outputOf(['xz', '--decompress', '--keep', image]);
    card = readFileSync(image.replace('.xz', ''));
  });
  after(() => site[Symbol.dispose]());

  const part = (index: 0 | 1 | 2 | 3): Buffer => {
    const { offset, octets } = PARTITIONS[index];
    return card.subarray(offset, offset + octets);
  };
  /** The files of a FAT partition, read by mtools. */
  const fat = async (index: 0 | 1): Promise<string> => {
    const folder = join(site.folder, `fat-${index}`);
    if (existsSync(folder)) return folder;
    mkdirSync(folder);
    writeFileSync(`${folder}.img`, part(index));
    await outputOf(['mcopy', '-s', '-i', `${folder}.img`, '::*', folder]);
    return folder;
  };
  const root = async (): Promise<string> => {
    const folder = join(site.folder, 'root');
    if (!existsSync(folder)) {
      const squash = join(await fat(1), 'root.squashfs');
      await outputOf(['unsquashfs', '-no-progress', '-quiet', '-d', folder, squash]);
    }
    return folder;
  };

  test('the same inputs give the same bytes in other folders, and a warm build gives them too', async () => {
    await site.build('second');
    const before = made.all.map((name) => output(name).toString('base64'));
    const other = made.all.map((name) => output(name, 'second').toString('base64'));
    assert.deepEqual(before, other);
    const warm = await site.build('first');
    assert.deepEqual(
      warm.all.map((name) => output(name).toString('base64')),
      before,
    );
  });

  test('the card has four partitions, two equal copies of the slot state, and nothing in slot b', () => {
    const entries = [0, 1, 2, 3].map((at) => {
      const entry = card.subarray(446 + at * 16, 462 + at * 16);
      return [entry[4], entry.readUInt32LE(8) * 512, entry.readUInt32LE(12) * 512];
    });
    const MIB = 2 ** 20;
    assert.deepEqual(entries, [
      [0x0c, 4 * MIB, 64 * MIB],
      [0x0c, 68 * MIB, 192 * MIB],
      [0x0c, 260 * MIB, 192 * MIB],
      [0x83, 452 * MIB, 60 * MIB],
    ]);
    assert.equal(card.length, 512 * MIB);
    const copies = SLOT_STATE_OFFSETS.map((at) => card.subarray(at, at + 512));
    assert.deepEqual(newestSlotState(copies), { counter: 1, good: 'a' });
    assert.ok(isEmpty(part(2)));
  });

  test('the selector has the firmware, the boot script and the own files of the board', async () => {
    const folder = await fat(0);
    assert.equal(readFileSync(join(folder, 'start4.elf'), 'utf8'), 'firmware');
    assert.equal(readFileSync(join(folder, 'bcm2711-rpi-4-b.dtb'), 'utf8'), 'device tree');
    assert.equal(readFileSync(join(folder, 'config.txt'), 'utf8'), 'arm_64bit=1\n');
    assert.ok(readFileSync(join(folder, 'boot.scr')).toString('latin1').endsWith('echo hello\n'));
  });

  test('the slot has the kernel as gzip, the initramfs, the device trees and its version', async () => {
    const folder = await fat(1);
    const kernel = await outputOf(['gzip', '-dc', join(folder, 'kernel')]);
    assert.ok(kernel.startsWith('kernelkernel'));
    assert.equal(readFileSync(join(folder, 'dtb/broadcom/bcm2711-rpi-4-b.dtb'), 'utf8'), 'device tree');
    assert.equal(readFileSync(join(folder, 'version'), 'utf8'), '1.2.3\n');
    const checked = await outputOf(['sh', '-c', `cd ${folder} && sha256sum -c sums`]);
    for (const name of [
      'boot.env',
      'dtb/broadcom/bcm2711-rpi-4-b.dtb',
      'initramfs',
      'kernel',
      'root.squashfs',
    ])
      assert.ok(checked.includes(`${name}: OK\n`), checked);
    const listed = await outputOf(['sh', '-c', `zstd -dc ${join(folder, 'initramfs')} | cpio -t --quiet`]);
    const names = listed.split('\n');
    for (const name of ['init', 'slots', 'usr/bin/busybox', 'usr/bin/sh', 'lib', 'proc'])
      assert.ok(names.includes(name), `${name} is not in ${listed}`);
    const modules = names.filter((name) => name.endsWith('.ko')).map((name) => name.split('/').at(-1));
    assert.deepEqual(modules, ['crc32c_generic.ko', 'ext4.ko', 'jbd2.ko']);
    assert.ok(names.includes('etc/modules'));
  });

  test('the root has the chosen programs with their libraries, the bundle with add-ons for arm64, and nothing else', async () => {
    const folder = await root();
    const listed = (
      await outputOf(['find', folder, '(', '-type', 'f', '-o', '-type', 'l', ')', '-printf', '%P\\n'])
    )
      .split('\n')
      .filter((path) => path !== '' && !path.includes('/modules.'))
      .toSorted();
    const modules = 'usr/lib/modules/6.12.1-test/kernel/net/netfilter';
    assert.deepEqual(listed, [
      'bin',
      'etc/gatepost/board.json',
      'etc/inittab',
      'etc/resolv.conf',
      'lib',
      'sbin',
      'usr/bin/busybox',
      'usr/bin/gatepost',
      'usr/lib/aarch64-linux-gnu/ld-linux-aarch64.so.1',
      'usr/lib/aarch64-linux-gnu/libc.so.6',
      'usr/lib/aarch64-linux-gnu/libext2fs.so.2',
      'usr/lib/aarch64-linux-gnu/libext2fs.so.2.4',
      'usr/lib/gatepost/gatepost',
      'usr/lib/gatepost/gatepost.mjs',
      'usr/lib/gatepost/native/netlink.node',
      'usr/lib/gatepost/native/raw.node',
      'usr/lib/gatepost/node',
      'usr/lib/ld-linux-aarch64.so.1',
      `${modules}/nf_tables.ko`,
      `${modules}/nft_ct.ko`,
      'usr/sbin/init',
      'usr/sbin/mke2fs',
      'usr/sbin/mkfs.ext4',
      'usr/share/doc/busybox-static/copyright',
      'usr/share/doc/libc6/copyright',
    ]);
    assert.ok(!existsSync('/gatepost-maintainer-script-ran'));
  });

  test('the box reads the description of its board, with the key of this build', async () => {
    const board: unknown = JSON.parse(readFileSync(join(await root(), 'etc/gatepost/board.json'), 'utf8'));
    assert.deepEqual(board, {
      name: 'test-board',
      slots: { a: '/dev/mmcblk0p2', b: '/dev/mmcblk0p3' },
      slotState: { device: '/dev/mmcblk0', offsets: [1_048_576, 1_114_112] },
      updateKeys: [publicKeyText(site.key)],
    });
  });

  test('data is a whole ext4 with fast_commit, room to grow, and nothing left to be initialised', async () => {
    const file = join(site.folder, 'data.img');
    writeFileSync(file, part(3));
    await outputOf(['e2fsck', '-fn', file]);
    const facts = await outputOf(['dumpe2fs', file]);
    assert.match(facts, /^Filesystem features:.*\bfast_commit\b/m);
    assert.match(facts, /^Block size: +4096$/m);
    assert.doesNotMatch(facts, /INODE_UNINIT|ITABLE_ZEROED\b.*UNINIT/);
  });

  test('the update is signed, for this board, and its content is the slot of the card', async () => {
    const file = output('gatepost-test-board-1.2.3.update');
    const { manifest, content } = await openUpdate(inChunks(file, 100_003), [
      updateKey(publicKeyText(site.key)),
    ]);
    assert.deepEqual([manifest.board, manifest.version, manifest.configVersion], ['test-board', '1.2.3', 1]);
    const packed = join(site.folder, 'content.zst');
    const chunks: Uint8Array[] = [];
    for await (const chunk of content) chunks.push(chunk);
    writeFileSync(packed, Buffer.concat(chunks));
    await outputOf(['zstd', '-dq', packed]);
    const system = readFileSync(join(site.folder, 'content'));
    assert.equal(system.length, manifest.octets);
    assert.ok(part(1).subarray(0, system.length).equals(system));
    assert.ok(isEmpty(part(1).subarray(system.length)));
  });

  test('beside it lie checksums, a manifest of every file, and an SPDX list of the packages that are in it', async () => {
    await outputOf(['sh', '-c', `cd ${join(site.folder, 'out-first')} && sha256sum --quiet -c *.sha256`]);
    const manifest = output('gatepost-test-board-1.2.3.manifest').toString();
    assert.match(manifest, /"part":"root","path":"usr\/sbin\/mke2fs","octets":\d+,"sha256":"[0-9a-f]{64}"/);
    const spdx = JSON.parse(output('gatepost-test-board-1.2.3.spdx.json').toString()) as {
      readonly packages: readonly { readonly name: string; readonly licenseDeclared: string }[];
    };
    const licences = new Map(spdx.packages.map(({ name, licenseDeclared }) => [name, licenseDeclared]));
    assert.equal(licences.get('busybox-static'), 'GPL-2.0-only');
    assert.equal(licences.get('libc6'), 'LicenseRef-debian-libc6');
    assert.equal(licences.get('netlink'), 'MIT');
    assert.ok(!licences.has('libunused1'));
  });

  test('every step says how long it took, and sizes stand beside their budgets', () => {
    for (const step of [
      'fetching',
      'unpacking',
      'kernel',
      'choosing',
      'compressing the root',
      'writing the slot',
    ])
      assert.ok(
        site.lines.some((line) => line.startsWith(step) && line.endsWith(' s')),
        `nothing was said of "${step}"`,
      );
    assert.ok(site.lines.some((line) => /^image: 0\.\d of 85\.0 MB$/.test(line)));
  });
});
