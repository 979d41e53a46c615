import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { LockedPackage } from '../../../build/image/package-lock.ts';
import { outputOf } from '../../lab/run-command.ts';
import { compileForArm64 } from './arm64-file.ts';

export const KERNEL_VERSION = '6.12.1-test';
const MODULES = `usr/lib/modules/${KERNEL_VERSION}`;

const MACHINE_READABLE = 'Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/\n\n';
export const COPYRIGHTS = {
  busybox: `${MACHINE_READABLE}Files: *\nCopyright: 2000 someone\nLicense: GPL-2\n`,
  libc6: 'This package was put together by someone.\nIt is under its own terms.\n',
} as const;

/** A few packages as Debian makes them, small, with the shape of what an image takes: programs, libraries, a kernel with modules. */
export class FakeDebian {
  readonly packages: LockedPackage[] = [];
  readonly #folder: string;

  private constructor(folder: string) {
    this.#folder = folder;
  }

  static async make(folder: string): Promise<FakeDebian> {
    const debian = new FakeDebian(folder);
    await debian.#pack('libc6', (root) => fillLibc(root));
    await debian.#pack('libunused1', (root) => fillUnused(root));
    await debian.#pack('busybox-static', (root) => fillBusybox(root));
    await debian.#pack('e2fsprogs', (root) => fillFileSystemTools(root, debian.#folder));
    await debian.#pack(`linux-image-${KERNEL_VERSION}`, (root) => fillKernel(root), 'linux-image-arm64');
    await debian.#pack('raspi-firmware', (root) =>
      write(root, 'usr/lib/raspi-firmware/start4.elf', 'firmware'),
    );
    return debian;
  }

  fileOf(name: string): string {
    return join(this.#folder, `${name}.deb`);
  }

  async #pack(name: string, fill: (root: string) => Promise<void> | void, wanted?: string): Promise<void> {
    const root = join(this.#folder, name);
    mkdirSync(join(root, 'DEBIAN'), { recursive: true });
    await fill(root);
    const control = `Package: ${name}\nVersion: 1.0\nArchitecture: arm64\nMaintainer: Test <test@example.org>\nDescription: test\n`;
    writeFileSync(join(root, 'DEBIAN/control'), control);
    // A maintainer's script that ran would leave its mark.
    writeFileSync(join(root, 'DEBIAN/postinst'), '#!/bin/sh\ntouch /gatepost-maintainer-script-ran\n', {
      mode: 0o755,
    });
    const file = this.fileOf(name);
    await outputOf(['dpkg-deb', '-b', '-Znone', '--root-owner-group', root, file]);
    rmSync(root, { recursive: true });
    const sha256 = createHash('sha256').update(readFileSync(file)).digest('hex');
    const octets = statSync(file).size;
    this.packages.push({ name, version: '1.0', sha256, octets, reason: 'test', ...(wanted && { wanted }) });
  }
}

function write(root: string, path: string, content: string | Uint8Array, mode = 0o644): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), content, { mode });
}

async function fillLibc(root: string): Promise<void> {
  const folder = join(root, 'usr/lib/aarch64-linux-gnu');
  mkdirSync(folder, { recursive: true });
  await compileForArm64({
    file: join(folder, 'libc.so.6'),
    source: 'int answer(void) { return 42; }',
    options: ['-shared', '-Wl,-soname,libc.so.6'],
  });
  await compileForArm64({
    file: join(folder, 'ld-linux-aarch64.so.1'),
    source: 'int linker;',
    options: ['-shared'],
  });
  symlinkSync('aarch64-linux-gnu/ld-linux-aarch64.so.1', join(root, 'usr/lib/ld-linux-aarch64.so.1'));
  write(root, 'usr/share/doc/libc6/copyright', COPYRIGHTS.libc6);
}

async function fillUnused(root: string): Promise<void> {
  const folder = join(root, 'usr/lib/aarch64-linux-gnu');
  mkdirSync(folder, { recursive: true });
  await compileForArm64({
    file: join(folder, 'libunused.so.1'),
    source: 'int unused;',
    options: ['-shared'],
  });
}

async function fillBusybox(root: string): Promise<void> {
  mkdirSync(join(root, 'usr/bin'), { recursive: true });
  await compileForArm64({
    file: join(root, 'usr/bin/busybox'),
    source: 'void _start(void) {}',
    options: ['-static'],
  });
  write(root, 'usr/share/doc/busybox-static/copyright', COPYRIGHTS.busybox);
  write(root, 'usr/share/man/man1/busybox.1', 'nobody reads this on a box');
}

/** A program with a library under its whole version and a link to it, in a package that has not been merged into /usr. */
async function fillFileSystemTools(root: string, folder: string): Promise<void> {
  const libraries = join(root, 'lib/aarch64-linux-gnu');
  mkdirSync(libraries, { recursive: true });
  mkdirSync(join(root, 'sbin'), { recursive: true });
  await compileForArm64({
    file: join(libraries, 'libext2fs.so.2.4'),
    source: 'int blocks(void) { return 1; }',
    options: ['-shared', '-Wl,-soname,libext2fs.so.2'],
  });
  symlinkSync('libext2fs.so.2.4', join(libraries, 'libext2fs.so.2'));
  const standIn = (name: string, soname: string): Promise<string> =>
    outputOf(
      [
        'gcc',
        '-x',
        'c',
        '-',
        '-x',
        'none',
        '-nostdlib',
        '-shared',
        `-Wl,-soname,${soname}`,
        '-o',
        join(folder, name),
      ],
      {
        input: `int ${name.replaceAll('.', '_')}(void) { return 0; }`,
      },
    );
  await standIn('a.so', 'libext2fs.so.2');
  await standIn('b.so', 'libc.so.6');
  await compileForArm64({
    file: join(root, 'sbin/mke2fs'),
    source: 'void _start(void) {}',
    options: [
      '-Wl,--no-as-needed',
      join(folder, 'a.so'),
      join(folder, 'b.so'),
      '-Wl,--dynamic-linker=/lib/ld-linux-aarch64.so.1',
    ],
  });
  for (const name of ['a.so', 'b.so']) rmSync(join(folder, name));
  symlinkSync('mke2fs', join(root, 'sbin/mkfs.ext4'));
}

async function fillKernel(root: string): Promise<void> {
  const image = Buffer.alloc(8192, 'kernel');
  image.write('ARM\x64', 56, 'latin1');
  write(root, `boot/vmlinuz-${KERNEL_VERSION}`, image);
  write(root, `usr/lib/linux-image-${KERNEL_VERSION}/broadcom/bcm2711-rpi-4-b.dtb`, 'device tree');
  write(root, `${MODULES}/modules.builtin`, 'kernel/drivers/mmc/core/mmc_core.ko\n');
  write(root, `${MODULES}/modules.order`, '');
  await addModule(
    root,
    'kernel/fs/ext4/ext4.ko',
    'softdep=pre: crypto-crc32c',
    'int jbd2(void); int use(void) { return jbd2(); }',
  );
  await addModule(root, 'kernel/fs/jbd2/jbd2.ko', 'license=GPL', exporting('jbd2'));
  await addModule(root, 'kernel/crypto/crc32c_generic.ko', 'alias=crypto-crc32c', 'int crc;');
  await addModule(root, 'kernel/net/netfilter/nf_tables.ko', 'license=GPL', 'int tables;');
  await addModule(root, 'kernel/net/netfilter/nft_ct.ko', 'license=GPL', 'int ct;');
  await addModule(root, 'kernel/drivers/gpu/drm/drm.ko', 'license=GPL', 'int drm;');
}

/** What EXPORT_SYMBOL leaves in a module: the name in a section of its own. */
function exporting(name: string): string {
  return `int ${name}(void) { return 1; } const char names[] __attribute__((section("__ksymtab_strings"))) = "${name}";`;
}

async function addModule(root: string, path: string, info: string, source: string): Promise<void> {
  const file = join(root, MODULES, path);
  mkdirSync(dirname(file), { recursive: true });
  const note = `static const char info[] __attribute__((section(".modinfo"), used)) = "${info}";`;
  await compileForArm64({ file, source: `${source}\n${note}`, options: ['-c'] });
  await outputOf(['xz', file]);
}
