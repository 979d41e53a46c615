import { posix } from 'node:path';
import { DecodeError, UserError } from '../../src/base/errors.ts';
import { EM_AARCH64, isElf, readElf } from './elf.ts';
import { type Entry, type FileEntry, type Tree, contentOf, resolvePath } from './tree.ts';

/** Where the dynamic linker of Debian arm64 looks. */
const LIBRARY_FOLDERS = ['usr/lib/aarch64-linux-gnu', 'usr/lib'] as const;

/** A program names its linker /lib/…, and /lib is a link into /usr. */
const MERGED = /^(?:bin|sbin|lib)\//;

/**
 * Adds to `tree` the libraries that its programs and libraries load, from `pool`, which holds every file of every package.
 * So a library is in the image if, and only if, something there needs it. @throws UserError naming what is missing, or is for another machine
 */
export function addLibraries(tree: Tree, pool: Tree): void {
  const open = [...tree].flatMap(([path, entry]) => (entry.kind === 'file' ? [path] : []));
  for (let path = open.pop(); path !== undefined; path = open.pop()) {
    const entry = tree.get(path);
    if (entry?.kind !== 'file') continue;
    for (const name of librariesOf(path, entry)) {
      const found = findLibrary(name, tree, pool);
      if (found === undefined)
        throw new UserError(
          `Cannot put "${path}" of ${entry.origin} into the image: it needs ${name}, which no package has; add the package that does to firmware/wanted-packages.json`,
        );
      open.push(...copyLibrary(found, tree, pool));
    }
  }
}

function librariesOf(path: string, entry: FileEntry): string[] {
  const content = contentOf(entry);
  if (!isElf(content)) return [];
  try {
    const { machine, interpreter, needed } = readElf(content);
    if (machine !== EM_AARCH64)
      throw new UserError(
        `Cannot put "${path}" of ${entry.origin} into the image: it is made for machine ${machine}, not for arm64`,
      );
    return interpreter === undefined ? [...needed] : [posix.normalize(interpreter), ...needed];
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    throw new UserError(`Cannot read the program "${path}" of ${entry.origin}: ${error.message}`);
  }
}

function findLibrary(name: string, tree: Tree, pool: Tree): string | undefined {
  const places = name.startsWith('/')
    ? [name.slice(1).replace(MERGED, (folder) => `usr/${folder}`)]
    : LIBRARY_FOLDERS.map((folder) => posix.join(folder, name));
  return places.find((path) => tree.has(path) || resolvePath(pool, path) !== undefined);
}

/** A library is mostly a link to a file with its whole version; both come along. Returns the paths that are new. */
function copyLibrary(path: string, tree: Tree, pool: Tree): string[] {
  const added: string[] = [];
  let at: string | undefined = path;
  while (at !== undefined && !tree.has(at)) {
    const entry: Entry | undefined = pool.get(at);
    if (entry === undefined) break;
    tree.set(at, entry);
    added.push(at);
    at = entry.kind === 'link' ? linkTarget(at, entry.target) : undefined;
  }
  return added;
}

function linkTarget(path: string, target: string): string {
  return target.startsWith('/')
    ? target.slice(1).replace(MERGED, (folder) => `usr/${folder}`)
    : posix.join(posix.dirname(path), target);
}
