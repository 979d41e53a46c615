import { sign } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { UserError } from '../../src/base/errors.ts';
import { type ImageOptions, buildImage } from './build-image.ts';
import { sha256Of } from './debian-pool.ts';

export interface ReleaseOptions extends Omit<ImageOptions, 'board'> {
  /** The file that tells of all versions: a heading `## VERSION` each. */
  readonly changes: string;
}

/** The images and updates of all boards with one list of checksums, which is signed, and what has changed. Nothing else is written. @throws UserError */
export async function makeRelease(options: ReleaseOptions): Promise<void> {
  const { out, sources, version, key } = options;
  const text = changesOf(options.changes, version);
  if (existsSync(out) && readdirSync(out).length > 0)
    throw new UserError(`Cannot make a release in "${out}": the folder is not empty`);
  mkdirSync(out, { recursive: true });
  const boards = readdirSync(sources.boards)
    .filter((name) => name.endsWith('.json'))
    .map((name) => name.slice(0, -'.json'.length));
  for (const board of boards.toSorted()) await buildImage({ ...options, board });
  writeFileSync(join(out, 'CHANGES.md'), text);
  const lines: string[] = [];
  for (const name of readdirSync(out).toSorted()) lines.push(`${await sha256Of(join(out, name))}  ${name}\n`);
  const sums = Buffer.from(lines.join(''));
  writeFileSync(join(out, 'SHA256SUMS'), sums);
  writeFileSync(join(out, 'SHA256SUMS.sig'), sign(null, sums, key));
}

/** The part of the changes that is about one version. @throws UserError if there is none: a release that nobody has described is not ready */
export function changesOf(path: string, version: string): string {
  const sections = readFileSync(path, 'utf8').split(/^(?=## )/m);
  const found = sections.find((section) => section.split('\n', 1)[0]?.split(' ')[1] === version);
  if (found === undefined)
    throw new UserError(
      `Cannot make a release: ${path} has no heading "## ${version}" that says what has changed`,
    );
  return found;
}
