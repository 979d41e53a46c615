import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import process from 'node:process';
import { UserError } from '../../src/base/errors.ts';
import { VERSION } from '../../src/role/version.ts';

/** The files that `npm run image` has made for a board. */
export interface BuiltImage {
  readonly folder: string;
  readonly image: string;
  readonly update: string;
  readonly manifest: string;
  readonly list: string;
}

/** GATEPOST_IMAGE_FOLDER, GATEPOST_IMAGE_BOARD and GATEPOST_IMAGE_VERSION name another image than the last build's for QEMU. @throws UserError */
export function builtImage(): BuiltImage {
  const folder = resolve(process.env['GATEPOST_IMAGE_FOLDER'] ?? 'out');
  const board = process.env['GATEPOST_IMAGE_BOARD'] ?? 'qemu-virt';
  const name = join(folder, `gatepost-${board}-${process.env['GATEPOST_IMAGE_VERSION'] ?? VERSION}`);
  const image = `${name}.img.xz`;
  if (!existsSync(image))
    throw new UserError(
      `Cannot test the image: there is no ${image}; "npm run image -- --board ${board}" makes it`,
    );
  return {
    folder,
    image,
    update: `${name}.update`,
    manifest: `${name}.manifest`,
    list: `${name}.spdx.json`,
  };
}
