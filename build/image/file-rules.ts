import { matchesGlob } from 'node:path';
import { UserError } from '../../src/base/errors.ts';
import { type Entry, type Tree, resolvePath } from './tree.ts';

/** What of a package goes into the image. Libraries need no rule: they come along with what loads them. */
export interface FileRule {
  readonly package: string;
  /** Globs of paths in the package, `usr/sbin/mke2fs`. */
  readonly files: readonly string[];
  readonly reason: string;
}

/** The files of the packages that the rules name, under the paths they have there. @throws UserError if a rule names nothing */
export function chooseFiles(rules: readonly FileRule[], packages: ReadonlyMap<string, Tree>): Tree {
  const chosen: Tree = new Map();
  for (const rule of rules) {
    const files = packages.get(rule.package);
    if (files === undefined)
      throw new UserError(
        `Cannot choose files of "${rule.package}": it is not in firmware/packages.json; enter it in firmware/wanted-packages.json and run "npm run image:lock"`,
      );
    for (const glob of rule.files) {
      const found = [...files].filter(([path, { kind }]) => kind !== 'directory' && matchesGlob(path, glob));
      if (found.length === 0)
        throw new UserError(`Cannot choose "${glob}" of "${rule.package}": the package has no such file`);
      for (const [path, entry] of found) chosen.set(path, entry);
      addTargets(found, files, chosen);
    }
  }
  return chosen;
}

/** A link inside a package is worth something only with what it points to. */
function addTargets(found: readonly (readonly [string, unknown])[], files: Tree, chosen: Tree): void {
  for (const [path] of found) {
    const target = resolvePath(files, path);
    const entry = target === undefined ? undefined : files.get(target);
    if (target !== undefined && entry?.kind === 'file') chosen.set(target, entry);
  }
}

const MERGED_FOLDERS = /^(bin|sbin|lib)(?=\/|$)/;

/** Debian's three old folders are links into /usr. */
export const MERGED_LINKS: Tree = new Map(
  ['bin', 'sbin', 'lib'].flatMap((name): [string, Entry][] => [
    [`usr/${name}`, { kind: 'directory' }],
    [name, { kind: 'link', target: `usr/${name}` }],
  ]),
);

/** A package's files where they are on a system of today: /bin, /sbin and /lib are links into /usr. */
export function mergeUsr(files: Tree): Tree {
  const merged: Tree = new Map();
  for (const [path, entry] of files) merged.set(path.replace(MERGED_FOLDERS, 'usr/$1'), entry);
  return merged;
}
