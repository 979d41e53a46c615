import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { constants, zstdCompressSync } from 'node:zlib';
import { encodeBootEnvironment } from './boot-environment.ts';
import type { ImageOptions } from './build-image.ts';
import { SLOT_VOLUME_OCTETS } from './card-plan.ts';
import { mergeUsr } from './file-rules.ts';
import type { BoardDescription } from './image-sources.ts';
import { encodeNewc } from './newc.ts';
import type { Parts } from './prepare-parts.ts';
import { OWN, boardFile, composeTree, copyrightTree, textFile } from './root-tree.ts';
import { publicKeyText } from './signing-key.ts';
import { chooseTrees } from './choose-trees.ts';
import { type FileEntry, type Tree, addTree, contentOf, treeOfFolder } from './tree.ts';
import { makeFat, makeSquash } from './volumes.ts';

/** A whole system. */
export interface SlotParts {
  /** The file of the slot's file system. */
  readonly volume: string;
  readonly tree: Tree;
  readonly root: Tree;
  readonly initramfs: Tree;
}

/** What of the initramfs' compression is worth its time: it is 3 MB. */
const INITRAMFS_LEVEL = 12;

/** @throws UserError */
export async function composeSlot(
  options: ImageOptions,
  description: BoardDescription,
  parts: Parts,
): Promise<SlotParts> {
  const { work, epoch, version, sources } = options;
  const own: Tree = new Map([
    ['etc/gatepost/board.json', boardFile(description, [publicKeyText(options.key)])],
  ]);
  const [root, initramfs] = await work.step('choosing files', () => [
    composeTree(parts.files.root, parts.pool, [
      parts.program,
      parts.kernel.modules,
      overlayOf(sources.overlay),
      own,
    ]),
    composeTree(parts.files.initramfs, parts.pool, [
      parts.kernel.initramfsModules,
      new Map([['etc/modules', textFile(parts.kernel.loaded)]]),
      overlayOf(join(sources.firmware, 'initramfs')),
    ]),
  ]);
  addTree(root, copyrightTree(new Map([...initramfs, ...root]), parts.pool), true);
  const folder = work.fresh('slot');
  const squash = join(folder, 'root.squashfs');
  await work.step('compressing the root', () =>
    makeSquash(root, folder, { file: squash, epoch, level: options.level }),
  );
  const archive = compressed(encodeNewc(initramfs, epoch));
  const kernel = parts.kernel.image;
  const bootFiles = { arguments: description.image.arguments, kernel, initramfs: archive };
  const tree: Tree = new Map([
    ['boot.env', ownFile(encodeBootEnvironment(bootFiles), OWN)],
    ['initramfs', ownFile(archive, OWN)],
    ['kernel', ownFile(kernel, parts.kernel.origin)],
    ['root.squashfs', ownFile(squash, OWN)],
    ['version', textFile(`${version}\n`)],
  ]);
  addTree(tree, chooseTrees(description.image.deviceTrees, parts.kernel, 'dtb'));
  tree.set('sums', textFile(sumsOf(tree)));
  const volume = join(folder, 'slot.img');
  const label = 'GP-SYSTEM';
  await work.step('writing the slot', () =>
    makeFat(tree, folder, { file: volume, octets: SLOT_VOLUME_OCTETS, label, sectorsPerCluster: 4, epoch }),
  );
  return { volume, tree, root, initramfs };
}

/** What `sha256sum -c` reads: the initramfs finds out by it whether a system is whole. */
function sumsOf(tree: Tree): string {
  return [...tree]
    .flatMap(([path, entry]) =>
      entry.kind === 'file'
        ? [`${createHash('sha256').update(contentOf(entry)).digest('hex')}  ${path}\n`]
        : [],
    )
    .join('');
}

function overlayOf(folder: string): Tree {
  return existsSync(folder) ? mergeUsr(treeOfFolder(folder, OWN)) : new Map();
}

function ownFile(from: string | Uint8Array, origin: string): FileEntry {
  return { kind: 'file', from, executable: false, origin };
}

function compressed(archive: Uint8Array): Uint8Array {
  return zstdCompressSync(archive, {
    params: { [constants.ZSTD_c_compressionLevel]: INITRAMFS_LEVEL, [constants.ZSTD_c_checksumFlag]: 1 },
  });
}
