import { createHash } from 'node:crypto';
import { type Tree, contentOf, withParents } from './tree.ts';

/** Everything in a part of the card, as text: a line of JSON each path. */
export function manifestLines(part: string, tree: Tree): string[] {
  return [...withParents(tree)].flatMap(([path, entry]) => {
    if (entry.kind === 'directory') return [];
    if (entry.kind === 'link') return [JSON.stringify({ part, path, link: entry.target })];
    const content = contentOf(entry);
    const sha256 = createHash('sha256').update(content).digest('hex');
    return [JSON.stringify({ part, path, octets: content.length, sha256, origin: entry.origin })];
  });
}
