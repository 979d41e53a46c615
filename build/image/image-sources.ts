import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { UserError, messageOf } from '../../src/base/errors.ts';
import type { FileRule } from './file-rules.ts';
import type { ModuleRule } from './module-closure.ts';

/** The folders that an image is made from. */
export interface ImageSources {
  /** What an image consists of: packages, files, modules, boot script, initramfs. */
  readonly firmware: string;
  /** Descriptions of boards, NAME.json. */
  readonly boards: string;
  /** Copied over the root file system as it is. */
  readonly overlay: string;
  /** The bundle. */
  readonly bundle: string;
  /** npm's packages, and their lock file. */
  readonly modules: string;
  readonly npmLock: string;
}

const root = resolve(import.meta.dirname, '../..');

export const PROJECT_SOURCES: ImageSources = {
  firmware: join(root, 'firmware'),
  boards: join(root, 'board'),
  overlay: join(root, 'rootfs-overlay'),
  bundle: join(root, 'dist'),
  modules: join(root, 'node_modules'),
  npmLock: join(root, 'package-lock.json'),
};

/** What one of the two file systems that the box starts from holds: firmware/files.json. */
export interface FileSystemRules {
  readonly files: readonly FileRule[];
  /** Links that no package has: path to target. */
  readonly links: Readonly<Record<string, string>>;
  /** Empty folders, where other file systems are mounted. */
  readonly folders: readonly string[];
}

export interface FileList {
  readonly root: FileSystemRules;
  readonly initramfs: FileSystemRules;
}

/** firmware/modules.json */
export interface ModuleList {
  /** The wish in firmware/wanted-packages.json that brings the kernel. */
  readonly kernel: string;
  readonly root: readonly ModuleRule[];
  readonly initramfs: readonly ModuleRule[];
}

/** A file of a package under another name. */
export interface PlacedFile {
  readonly package: string;
  readonly file: string;
  readonly to: string;
  readonly reason: string;
}

/** The part of a board's description that the image is made by; the rest is for the box, in /etc/gatepost/board.json. */
export interface BoardImage {
  /** The kernel's command line, but for what the boot script adds: slot and card. */
  readonly arguments: string;
  /** On the first partition, which the board's firmware reads. */
  readonly selector: readonly PlacedFile[];
  /** Paths below the kernel's folder of device trees; copied to `dtb/` of a slot. */
  readonly deviceTrees: readonly string[];
  /** Likewise, on the first partition under their bare names: for a firmware that hands the device tree on. */
  readonly selectorDeviceTrees?: readonly string[];
  /** Laid beside the image: what a machine without firmware of its own is started with. */
  readonly beside?: readonly PlacedFile[];
}

export interface BoardDescription {
  readonly image: BoardImage;
  readonly box: Readonly<Record<string, unknown>>;
}

/** Reads a file of JSON that belongs to the project. @throws UserError */
export function readSource(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as unknown;
  } catch (error) {
    throw new UserError(`Cannot read "${path}": ${messageOf(error)}`);
  }
}

/** @throws UserError if there is no such board */
export function readBoardDescription(sources: ImageSources, name: string): BoardDescription {
  const path = join(sources.boards, `${name}.json`);
  if (!existsSync(path))
    throw new UserError(
      `Cannot build an image for "${name}": there is no ${path}; docs/boards.md says how to add one`,
    );
  const { image, ...box } = readSource(path) as { readonly image: BoardImage };
  return { image, box };
}
