import { existsSync, mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { KernelError } from '../../base/errors.ts';
import { kernelErrorFrom } from './errors.ts';

/**
 * Makes a directory and those above it that are missing. Node's own way of doing that never ends where a file system says that a parent is missing which
 * is there, as procfs does. @returns whether it was missing. @throws KernelError
 */
export function makeDirectories(path: string, mode: number): boolean {
  try {
    mkdirSync(path, { mode });
    return true;
  } catch (error) {
    const failure = kernelErrorFrom(`make the directory ${path}`, error);
    const errno = failure instanceof KernelError ? failure.errno : '';
    if (errno === 'EEXIST' && statSync(path, { throwIfNoEntry: false })?.isDirectory() === true) return false;
    if (errno !== 'ENOENT') throw failure;
    if (existsSync(dirname(path)))
      throw new KernelError(`make the directory ${path}`, errno, 'the file system there takes none');
  }
  makeDirectories(dirname(path), mode);
  return makeDirectories(path, mode);
}
