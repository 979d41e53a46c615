import { readdirSync, realpathSync } from 'node:fs';
import { join, resolve, sep } from 'node:path';
import { UserError } from '../base/errors.ts';
import type { Files } from '../port/files.ts';
import { dataHolder } from './data-holder.ts';
import { directoryFiles } from './mail-directory.ts';

/**
 * The directory that a backup of `data` goes into, made if it is missing. What is not in the source is removed there; in the store of a box that would be a message it has just written.
 * @throws UserError, KernelError
 */
export function backupFiles(path: string, data: string): Files {
  const full = resolve(path);
  const files = directoryFiles(full);
  const mail = join(realpathSync(data), 'mail', sep);
  const isInside = `${realpathSync(full)}${sep}`.startsWith(mail);
  if (isInside || isStoreOfBox(full, mail))
    throw new UserError(
      `Cannot put a backup into "${full}": a box keeps its mail there; wanted is a directory of its own`,
    );
  return files;
}

/** A backup has no index files, and is never checked by a box. */
function isStoreOfBox(path: string, source: string): boolean {
  const names = namesIn(join(path, 'mail'));
  if (names === undefined) return false;
  const isSource = join(realpathSync(join(path, 'mail')), sep) === source;
  const isUsed = names.some((name) => name === 'scrub.json' || name.endsWith('.idx'));
  return isSource || isUsed || dataHolder(path) !== undefined;
}

function namesIn(directory: string): readonly string[] | undefined {
  try {
    return readdirSync(directory);
  } catch {
    return undefined;
  }
}
