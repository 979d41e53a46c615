import type { KeyObject } from 'node:crypto';
import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Budget } from './budgets.ts';
import { COMPRESSED_IMAGE_OCTETS, budgetLines, requireBudgets } from './budgets.ts';
import { SLOT_VOLUME_OCTETS } from './card-plan.ts';
import { composeCard } from './compose-card.ts';
import { composeSlot } from './compose-slot.ts';
import { componentsOf } from './components.ts';
import { type Download, sha256Of } from './debian-pool.ts';
import { fat32Extent } from './fat32-extent.ts';
import type { ImageSources } from './image-sources.ts';
import { readBoardDescription } from './image-sources.ts';
import { manifestLines } from './manifest.ts';
import { prepareParts } from './prepare-parts.ts';
import { spdxDocument } from './spdx.ts';
import type { Tree } from './tree.ts';
import { updateFile } from './update-file.ts';
import type { WorkFolder } from './work-folder.ts';

export interface ImageOptions {
  readonly board: string;
  readonly version: string;
  /** The newest version of the configuration that the bundle understands. */
  readonly configVersion: number;
  readonly sources: ImageSources;
  readonly out: string;
  /** Where downloaded packages are kept. */
  readonly store: string;
  readonly work: WorkFolder;
  readonly download: Download;
  /** Seconds since 1970; the time of everything in the image. */
  readonly epoch: number;
  /** Of the root's compression. */
  readonly level: number;
  readonly key: KeyObject;
  readonly print: (line: string) => void;
}

/** What was made, by name in the folder of outputs. */
export interface ImageFiles {
  readonly image: string;
  readonly all: readonly string[];
}

/** Makes the image of a board with everything that goes beside it. @throws UserError */
export async function buildImage(options: ImageOptions): Promise<ImageFiles> {
  const { board, version, work, out } = options;
  const description = readBoardDescription(options.sources, board);
  const parts = await prepareParts(options);
  const slot = await composeSlot(options, description, parts);
  const name = `gatepost-${board}-${version}`;
  mkdirSync(out, { recursive: true });
  const card = await composeCard(options, description, { parts, slot, name });

  const update = `${name}.update`;
  const volume = readFileSync(slot.volume);
  const system = volume.subarray(0, fat32Extent(volume));
  await work.step('signing the update', () =>
    writeFileSync(join(out, update), updateFile({ ...options, system }, options.key)),
  );
  const trees: readonly (readonly [string, Tree])[] = [
    ['selector', card.selector],
    ['slot', slot.tree],
    ['root', slot.root],
    ['initramfs', slot.initramfs],
  ];
  await work.step('listing what is inside', () => {
    const components = componentsOf(
      trees.map(([, tree]) => tree),
      parts.lock.packages,
      parts.pool,
      readFileSync(options.sources.npmLock, 'utf8'),
    );
    writeFileSync(
      join(out, `${name}.spdx.json`),
      spdxDocument(components, { ...options, name: `gatepost-${board}` }),
    );
    const lines = trees.flatMap(([part, tree]) => manifestLines(part, tree));
    writeFileSync(join(out, `${name}.manifest`), `${lines.join('\n')}\n`);
  });
  const all = [card.image, ...card.beside, update, `${name}.spdx.json`, `${name}.manifest`];
  for (const file of [card.image, update]) await writeChecksum(out, file);
  reportBudgets(options, [
    { name: 'image', octets: statSync(join(out, card.image)).size, most: COMPRESSED_IMAGE_OCTETS },
    { name: 'system in its slot', octets: system.length, most: SLOT_VOLUME_OCTETS },
  ]);
  return { image: card.image, all: [...all, `${card.image}.sha256`, `${update}.sha256`] };
}

async function writeChecksum(out: string, file: string): Promise<void> {
  writeFileSync(join(out, `${file}.sha256`), `${await sha256Of(join(out, file))}  ${file}\n`);
}

function reportBudgets({ print }: ImageOptions, budgets: readonly Budget[]): void {
  for (const line of budgetLines(budgets)) print(line);
  requireBudgets(budgets);
}
