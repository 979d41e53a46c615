import { createHash } from 'node:crypto';
import { copyFileSync, createReadStream, existsSync, mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { UserError } from '../../src/base/errors.ts';
import { mergeUsr } from './file-rules.ts';
import type { LockedPackage } from './package-lock.ts';
import { runProgram } from './run-program.ts';
import { type Tree, treeOfFolder } from './tree.ts';
import type { WorkFolder } from './work-folder.ts';

/** The files of the locked packages, by package. */
export type DebianPool = ReadonlyMap<string, Tree>;

/** Brings a package that is not in the store: name, version and folder to the file. */
export type Download = (name: string, version: string, folder: string) => Promise<string>;

/** The file of each locked package. One that is new is compared with its hash. @throws UserError */
export async function fetchPackages(
  packages: readonly LockedPackage[],
  store: string,
  download: Download,
): Promise<ReadonlyMap<string, string>> {
  mkdirSync(store, { recursive: true });
  const files = new Map<string, string>();
  for (const { name, version, sha256 } of packages) {
    const file = join(store, `${name}-${sha256}.deb`);
    if (!existsSync(file)) {
      const fresh = await download(name, version, store);
      const found = await sha256Of(fresh);
      if (found !== sha256)
        throw new UserError(
          `Cannot use ${name} ${version}: its SHA-256 is ${found}, firmware/packages.json has ${sha256}; the mirror gave something else than what was locked`,
        );
      copyFileSync(fresh, file);
    }
    files.set(name, file);
  }
  return files;
}

/** Unpacks them, without running any of their scripts. */
export async function unpackPackages(
  packages: readonly LockedPackage[],
  files: ReadonlyMap<string, string>,
  work: WorkFolder,
): Promise<DebianPool> {
  const pool = new Map<string, Tree>();
  for (const { name, sha256 } of packages) {
    const folder = await work.kept(`deb-${name}`, [sha256], async (target) => {
      await runProgram(['dpkg-deb', '-x', files.get(name) ?? '', target]);
    });
    pool.set(name, mergeUsr(treeOfFolder(folder, name)));
  }
  return pool;
}

/** All of them as one; where two have the same path, they have the same there. */
export function wholePool(pool: DebianPool): Tree {
  const whole: Tree = new Map();
  for (const files of pool.values()) {
    for (const [path, entry] of files) if (!whole.has(path)) whole.set(path, entry);
  }
  return whole;
}

export async function sha256Of(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}

/** Where /lib is not a link, tools that look below it find nothing of what lies below /usr/lib. */
export function linkLib(folder: string): void {
  if (!existsSync(join(folder, 'lib'))) symlinkSync('usr/lib', join(folder, 'lib'));
}
