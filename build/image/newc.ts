import { concatBytes } from '../../src/base/bytes.ts';
import { utf8 } from '../../src/base/text.ts';
import { type Entry, type Tree, contentOf, withParents } from './tree.ts';

/** From stat(2). */
const MODE = { directory: 0o040_755, file: 0o100_644, program: 0o100_755, link: 0o120_777 } as const;
const TRAILER = 'TRAILER!!!';

/**
 * An initramfs: a cpio archive in the "newc" form of the kernel's Documentation/driver-api/early-userspace/buffer-format.rst. Every
 * field of the head is 8 hexadecimal digits, name and content are padded to 4 bytes. Owner is root, time is `epoch`, inodes count
 * from 1 in the order of the paths, so that the same tree gives the same bytes.
 */
export function encodeNewc(tree: Tree, epoch: number): Uint8Array<ArrayBuffer> {
  const parts: Uint8Array[] = [];
  let inode = 1;
  for (const [path, entry] of withParents(tree)) {
    parts.push(...member(path, { inode: inode++, mode: modeOf(entry), epoch, content: dataOf(entry) }));
  }
  parts.push(...member(TRAILER, { inode: 0, mode: 0, epoch: 0, content: new Uint8Array() }));
  return concatBytes(parts);
}

interface Member {
  readonly inode: number;
  readonly mode: number;
  readonly epoch: number;
  readonly content: Uint8Array;
}

function member(path: string, { inode, mode, epoch, content }: Member): Uint8Array[] {
  const name = utf8(`${path}\0`);
  const links = (mode & 0o170_000) === 0o040_000 ? 2 : 1;
  const fields = [inode, mode, 0, 0, links, epoch, content.length, 0, 0, 0, 0, name.length, 0];
  const head = utf8(`070701${fields.map((field) => field.toString(16).padStart(8, '0')).join('')}`);
  return [head, name, padding(head.length + name.length), content, padding(content.length)];
}

function padding(length: number): Uint8Array {
  return new Uint8Array(-length & 3);
}

function modeOf(entry: Entry): number {
  if (entry.kind !== 'file') return MODE[entry.kind];
  return entry.executable ? MODE.program : MODE.file;
}

function dataOf(entry: Entry): Uint8Array {
  if (entry.kind === 'directory') return new Uint8Array();
  return entry.kind === 'link' ? utf8(entry.target) : contentOf(entry);
}
