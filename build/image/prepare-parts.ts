import { join } from 'node:path';
import type { ImageOptions } from './build-image.ts';
import { type DebianPool, fetchPackages, unpackPackages } from './debian-pool.ts';
import { type FileList, type ModuleList, readSource } from './image-sources.ts';
import { type Kernel, prepareKernel } from './kernel.ts';
import { nativeAddOns } from './native-add-ons.ts';
import { nodeRuntime } from './node-runtime.ts';
import { type PackageLock, lockedFor, readPackageLock } from './package-lock.ts';
import { programTree } from './root-tree.ts';
import type { Tree } from './tree.ts';

/** What every board's image is made of. */
export interface Parts {
  readonly lock: PackageLock;
  readonly pool: DebianPool;
  readonly files: FileList;
  readonly kernel: Kernel;
  /** The bundle, Node and the add-ons, as they lie in the root. */
  readonly program: Tree;
}

/** @throws UserError */
export async function prepareParts({ sources, work, store, download }: ImageOptions): Promise<Parts> {
  const lock = readPackageLock(join(sources.firmware, 'packages.json'));
  const files = readSource(join(sources.firmware, 'files.json')) as FileList;
  const modules = readSource(join(sources.firmware, 'modules.json')) as ModuleList;
  const kernelPackage = lockedFor(lock, modules.kernel);
  const archives = await work.step(`fetching ${lock.packages.length} Debian packages`, () =>
    fetchPackages(lock.packages, store, download),
  );
  const pool = await work.step('unpacking them', () => unpackPackages(lock.packages, archives, work));
  const kernel = await work.step('kernel and modules', () =>
    prepareKernel(kernelPackage, archives.get(kernelPackage.name) ?? '', modules, work),
  );
  const program = await work.step('Node and add-ons for arm64', async () => {
    const node = await nodeRuntime(sources.npmLock, work, store);
    const addOns = await nativeAddOns(sources.modules, node, work);
    return programTree(sources.bundle, node.program, addOns);
  });
  return { lock, pool, files, kernel, program };
}
