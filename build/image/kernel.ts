import { copyFileSync, existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { UserError } from '../../src/base/errors.ts';
import { linkLib } from './debian-pool.ts';
import type { ModuleList } from './image-sources.ts';
import { type ModuleRule, closeModules, moduleName, readModuleIndex } from './module-closure.ts';
import type { LockedPackage } from './package-lock.ts';
import { runProgram } from './run-program.ts';
import { type Tree, treeOfFolder } from './tree.ts';
import type { WorkFolder } from './work-folder.ts';

export interface Kernel {
  /** `6.12.117+deb13-arm64` */
  readonly version: string;
  /** Its package. */
  readonly origin: string;
  /** Compressed, as U-Boot's `booti` takes it. */
  readonly image: Uint8Array;
  /** `usr/lib/modules/VERSION/…` */
  readonly modules: Tree;
  readonly initramfsModules: Tree;
  /** Names of those of the initramfs that its script loads, in order, a line each. What is part of the kernel is not among them. */
  readonly loaded: string;
  /** Relative to the folder of device trees. */
  readonly deviceTrees: Tree;
}

/** Text at offset 56 of an arm64 Image (Documentation/arch/arm64/booting.rst). */
const IMAGE_MAGIC = 'ARM\x64';
/** What describes modules and is not made anew by depmod. */
const LISTS = ['modules.builtin', 'modules.builtin.modinfo', 'modules.order'] as const;

/** The kernel of a Debian package: compressed, with the modules of the lists only, decompressed and indexed. @throws UserError */
export async function prepareKernel(
  locked: LockedPackage,
  file: string,
  list: ModuleList,
  work: WorkFolder,
): Promise<Kernel> {
  const whole = await work.kept('kernel', [locked.sha256], (folder) => unpackKernel(file, folder));
  const version = versionIn(whole);
  const modulesOf = async (rules: readonly ModuleRule[]): Promise<Tree> => {
    const folder = await work.kept('modules', [locked.sha256, rules], (target) =>
      copyModules(whole, version, rules, target),
    );
    const tree = treeOfFolder(folder, locked.name);
    return new Map([...tree].filter(([path]) => path.startsWith('usr/lib/modules/')));
  };
  const trees = join(whole, 'usr/lib', `linux-image-${version}`);
  const initramfsModules = await modulesOf(list.initramfs);
  return {
    version,
    origin: locked.name,
    image: readFileSync(join(whole, 'image.gz')),
    modules: await modulesOf(list.root),
    initramfsModules,
    loaded: loadedNames(list.initramfs, initramfsModules),
    deviceTrees: existsSync(trees) ? treeOfFolder(trees, locked.name) : new Map(),
  };
}

function loadedNames(rules: readonly ModuleRule[], modules: Tree): string {
  const present = new Set([...modules.keys()].map((path) => moduleName(path)));
  const names = rules.flatMap(({ name }) => (name === undefined ? [] : [moduleName(name)]));
  return names
    .filter((name) => present.has(name))
    .map((name) => `${name}\n`)
    .join('');
}

async function unpackKernel(file: string, folder: string): Promise<void> {
  await runProgram(['dpkg-deb', '-x', file, folder]);
  linkLib(folder);
  const version = versionIn(folder);
  const image = readFileSync(join(folder, 'boot', `vmlinuz-${version}`));
  if (image.toString('latin1', 56, 60) !== IMAGE_MAGIC)
    throw new UserError(
      `Cannot use the kernel ${version}: it is not an arm64 Image, which U-Boot's booti takes`,
    );
  writeFileSync(join(folder, 'image.gz'), gzipSync(image, { level: 9 }));
  await runProgram(['depmod', '-b', folder, version]);
}

function versionIn(folder: string): string {
  const [name, ...others] = readdirSync(join(folder, 'boot')).filter((one) => one.startsWith('vmlinuz-'));
  if (name === undefined || others.length > 0)
    throw new UserError(
      `Cannot find one kernel in ${folder}/boot: there are ${others.length + (name ? 1 : 0)}`,
    );
  return name.slice('vmlinuz-'.length);
}

async function copyModules(
  whole: string,
  version: string,
  rules: readonly ModuleRule[],
  target: string,
): Promise<void> {
  const place = join('usr/lib/modules', version);
  const text = (name: string): string => {
    const path = join(whole, place, name);
    return existsSync(path) ? readFileSync(path, 'utf8') : '';
  };
  const index = readModuleIndex({
    dep: text('modules.dep'),
    builtin: text('modules.builtin'),
    softdep: text('modules.softdep'),
    alias: text('modules.alias'),
  });
  const paths = closeModules(rules, index);
  for (const path of [...paths, ...LISTS.filter((name) => text(name) !== '')]) {
    const to = join(target, place, path);
    mkdirSync(dirname(to), { recursive: true });
    copyFileSync(join(whole, place, path), to);
  }
  const compressed = paths.filter((path) => path.endsWith('.xz')).map((path) => join(target, place, path));
  // The whole root is compressed once more: twice costs space and time at every load.
  if (compressed.length > 0) await runProgram(['xz', '--decompress', '--', ...compressed]);
  linkLib(target);
  await runProgram(['depmod', '-b', target, version]);
}
