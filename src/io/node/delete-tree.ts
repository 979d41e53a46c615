import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { kernelErrorFrom } from './errors.ts';

/** What the file system itself has put there. */
const OF_THE_SYSTEM = 'lost+found';

/** Deletes everything in a directory but one file of it, `config/one.json`, and the folders on the way there. @throws KernelError */
export async function deleteAllBut(directory: string, kept: string): Promise<void> {
  const [first = '', ...rest] = kept.split('/');
  try {
    for (const name of await readdir(directory)) {
      const path = join(directory, name);
      if (name === OF_THE_SYSTEM) continue;
      if (name !== first) await rm(path, { recursive: true, force: true });
      else if (rest.length > 0) await deleteAllBut(path, rest.join('/'));
    }
  } catch (error) {
    throw kernelErrorFrom(`delete what is in ${directory}`, error);
  }
}
