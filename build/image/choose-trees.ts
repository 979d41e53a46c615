import { basename, posix } from 'node:path';
import { UserError } from '../../src/base/errors.ts';
import type { Kernel } from './kernel.ts';
import type { Tree } from './tree.ts';

/** The kernel's device trees that a board names, below another folder, or without any folder. @throws UserError if the kernel has none of that name */
export function chooseTrees(names: readonly string[], kernel: Kernel, folder: string): Tree {
  return new Map(
    names.map((name) => {
      const entry = kernel.deviceTrees.get(name);
      if (entry === undefined)
        throw new UserError(`Cannot find the device tree "${name}" in the kernel ${kernel.version}`);
      return [folder === '' ? basename(name) : posix.join(folder, name), entry] as const;
    }),
  );
}
