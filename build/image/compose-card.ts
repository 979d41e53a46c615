import { copyFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { UserError } from '../../src/base/errors.ts';
import { encodeSlotState } from '../../src/wire/slot-state/slot-state.ts';
import { encodeBootScript } from './boot-script.ts';
import type { ImageOptions } from './build-image.ts';
import { writeCard } from './card-file.ts';
import { CARD_OCTETS, PARTITIONS, SLOT_STATE_OFFSETS } from './card-plan.ts';
import { chooseTrees } from './choose-trees.ts';
import type { SlotParts } from './compose-slot.ts';
import type { DebianPool } from './debian-pool.ts';
import type { BoardDescription, PlacedFile } from './image-sources.ts';
import { encodeMasterBootRecord } from './master-boot-record.ts';
import type { Parts } from './prepare-parts.ts';
import { OWN } from './root-tree.ts';
import { runProgram } from './run-program.ts';
import { type FileEntry, type Tree, addTree, contentOf, resolvePath, treeOfFolder } from './tree.ts';
import { makeData, makeFat } from './volumes.ts';

/** "GPOS": the boot script hands it on, and Linux knows the card by it (`PARTUUID=47504f53-01`). */
const DISK_SIGNATURE = 0x4750_4f53;

export interface CardFiles {
  readonly image: string;
  readonly beside: readonly string[];
  readonly selector: Tree;
}

interface Made {
  readonly parts: Parts;
  readonly slot: SlotParts;
  /** Of the files, without their endings. */
  readonly name: string;
}

/** Puts the card together and compresses it. Slot b is empty: the first update fills it. @throws UserError */
export async function composeCard(
  options: ImageOptions,
  description: BoardDescription,
  { parts, slot, name }: Made,
): Promise<CardFiles> {
  const { work, epoch, out } = options;
  const selector = selectorTree(options, description, parts);
  const folder = work.fresh('card');
  const [first, a, , data] = PARTITIONS;
  const file = (part: string): string => join(folder, part);
  await work.step('writing the selector and the data partition', async () => {
    const fat = { octets: first.octets, label: 'GATEPOST', sectorsPerCluster: 1, epoch };
    await makeFat(selector, folder, { ...fat, file: file('selector.img') });
    await makeData(file('data.img'), data.octets, epoch);
  });
  const image = `${name}.img`;
  await work.step('writing the card', () => {
    const state = encodeSlotState({ counter: 1, good: 'a' });
    writeCard(file(image), CARD_OCTETS, [
      { offset: 0, from: encodeMasterBootRecord(DISK_SIGNATURE, PARTITIONS) },
      ...SLOT_STATE_OFFSETS.map((offset) => ({ offset, from: state })),
      { offset: first.offset, from: file('selector.img') },
      { offset: a.offset, from: slot.volume },
      { offset: data.offset, from: file('data.img') },
    ]);
  });
  await work.step('compressing the card', async () => {
    // A fixed number of threads: it decides where blocks begin, and with that the bytes. What fills a card is compressed already, the
    // rest is zeros: more effort than the least saves 0.1 % and takes twice the time.
    await runProgram(['xz', '--threads=2', '-0', '--check=crc64', file(image)]);
    // The two folders may be on different file systems.
    copyFileSync(file(`${image}.xz`), join(out, `${image}.xz`));
  });
  const beside = (description.image.beside ?? []).map((placed) => {
    writeFileSync(join(out, `${name}.${placed.to}`), contentOf(placedEntry(placed, parts.pool)));
    return `${name}.${placed.to}`;
  });
  return { image: `${image}.xz`, beside, selector };
}

/** The first partition: what the board's firmware wants, the boot script, and the project's own files for that board. */
function selectorTree(
  { sources, board, epoch }: ImageOptions,
  description: BoardDescription,
  parts: Parts,
): Tree {
  const { image } = description;
  const tree: Tree = new Map(image.selector.map((placed) => [placed.to, placedEntry(placed, parts.pool)]));
  addTree(tree, chooseTrees(image.selectorDeviceTrees ?? [], parts.kernel, ''));
  const own = join(sources.firmware, 'selector', board);
  if (existsSync(own)) addTree(tree, treeOfFolder(own, OWN));
  const script = encodeBootScript(readFileSync(join(sources.firmware, 'boot.cmd'), 'utf8'), epoch);
  tree.set('boot.scr', { kind: 'file', from: script, executable: false, origin: OWN });
  return tree;
}

function placedEntry({ package: name, file }: PlacedFile, pool: DebianPool): FileEntry {
  const files = pool.get(name);
  const path = files === undefined ? undefined : resolvePath(files, file);
  const entry = path === undefined ? undefined : files?.get(path);
  if (entry?.kind !== 'file')
    throw new UserError(`Cannot find "${file}" of "${name}": no locked package has it`);
  return entry;
}
