import {
  mkdirSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, posix } from 'node:path';
import { UserError } from '../../src/base/errors.ts';

/** What a path of a file system holds. Owners and times are not kept: everything in an image belongs to root and is equally old. */
export type Entry =
  | { readonly kind: 'directory' }
  | { readonly kind: 'link'; readonly target: string }
  | FileEntry;

export interface FileEntry {
  readonly kind: 'file';
  /** A path on this machine, or the content itself. */
  readonly from: string | Uint8Array;
  readonly executable: boolean;
  /** The package it comes from. */
  readonly origin: string;
}

/** Paths without a slash in front. Parents need not be named. */
export type Tree = Map<string, Entry>;

/** A folder of this machine as a tree, in alphabetical order. Set-user-ID and all but the owner's execute bit are left behind. */
export function treeOfFolder(folder: string, origin: string): Tree {
  const tree: Tree = new Map();
  const walk = (path: string): void => {
    const entries = readdirSync(join(folder, path), { withFileTypes: true });
    for (const entry of entries.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
      const inner = posix.join(path, entry.name);
      const from = join(folder, inner);
      if (entry.isSymbolicLink()) tree.set(inner, { kind: 'link', target: readlinkSync(from) });
      else if (entry.isFile())
        tree.set(inner, { kind: 'file', from, executable: isExecutable(from), origin });
      else if (entry.isDirectory()) {
        tree.set(inner, { kind: 'directory' });
        walk(inner);
      }
    }
  };
  walk('');
  return tree;
}

/** Adds what `more` has; what is in both comes from `more`, where both are no folders only if `replace` allows it. @throws UserError */
export function addTree(tree: Tree, more: Tree, replace = false): void {
  for (const [path, entry] of more) {
    const known = tree.get(path);
    if (known !== undefined && known.kind !== 'directory' && !replace)
      throw new UserError(`Cannot put "${path}" into the image: two sources have it`);
    tree.set(path, entry);
  }
}

/** Every path of a tree with the folders above it that are not named, parents first. */
export function withParents(tree: Tree): Tree {
  const paths = new Set(tree.keys());
  for (const path of tree.keys()) {
    for (let up = posix.dirname(path); up !== '.'; up = posix.dirname(up)) paths.add(up);
  }
  const sorted = [...paths].toSorted();
  return new Map(sorted.map((path) => [path, tree.get(path) ?? { kind: 'directory' }]));
}

export function contentOf(entry: FileEntry): Uint8Array {
  return typeof entry.from === 'string' ? readFileSync(entry.from) : entry.from;
}

/** Follows links inside the tree. Undefined if the path ends nowhere. */
export function resolvePath(tree: Tree, path: string, depth = 0): string | undefined {
  const parts = path.split('/');
  for (let at = 1; at <= parts.length; at++) {
    const head = parts.slice(0, at).join('/');
    const entry = tree.get(head);
    if (entry?.kind !== 'link') continue;
    if (depth > 20) return undefined;
    const target = entry.target.startsWith('/')
      ? entry.target.slice(1)
      : posix.join(posix.dirname(head), entry.target);
    return resolvePath(tree, posix.join(target, ...parts.slice(at)), depth + 1);
  }
  return tree.has(path) ? path : undefined;
}

/** Links that end nowhere; those into file systems of the running box are left out. */
export function danglingLinks(tree: Tree): string[] {
  const whole = withParents(tree);
  return [...whole].flatMap(([path, entry]) => {
    if (entry.kind !== 'link' || /^\/(?:run|tmp|var|proc|sys|dev|data)\//.test(entry.target)) return [];
    return resolvePath(whole, path) === undefined ? [path] : [];
  });
}

/** Writes a tree into an empty folder, everything with the same time. */
export function writeTree(tree: Tree, folder: string, epoch: number): void {
  mkdirSync(folder, { recursive: true });
  const whole = withParents(tree);
  for (const [path, entry] of whole) {
    const to = join(folder, path);
    if (entry.kind === 'directory') mkdirSync(to, { recursive: true, mode: 0o755 });
    else if (entry.kind === 'link') symlinkSync(entry.target, to);
    else {
      mkdirSync(dirname(to), { recursive: true });
      writeFileSync(to, contentOf(entry), { mode: entry.executable ? 0o755 : 0o644 });
      utimesSync(to, epoch, epoch);
    }
  }
}

function isExecutable(path: string): boolean {
  return (statSync(path).mode & 0o100) !== 0;
}
