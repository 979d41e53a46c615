import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import process from 'node:process';
import { VERSION } from '../../src/role/version.ts';
import { AptRoot } from './apt-root.ts';
import { aptSource } from './apt-source.ts';
import type { ImageOptions } from './build-image.ts';
import type { Download } from './debian-pool.ts';
import { PROJECT_SOURCES } from './image-sources.ts';
import { readPackageLock } from './package-lock.ts';
import { runProgram } from './run-program.ts';
import { readSigningKey } from './signing-key.ts';
import { WorkFolder } from './work-folder.ts';

/** What can be said of a build on the command line. */
export const IMAGE_MEANINGS = {
  key: 'file of the Ed25519 key that updates are signed with; boxes of this image take only such',
  out: 'folder for what is made; out',
  cache: 'folder for what is kept from build to build; out/cache',
  mirror: 'URL of the Debian archive or of a snapshot of it; without it, the mirror of this machine',
  security: 'URL of the security archive, if a mirror is named',
} as const;

export type ImageWords = Partial<Record<keyof typeof IMAGE_MEANINGS, string>>;

const LOCK = join(PROJECT_SOURCES.firmware, 'packages.json');
/** The newest version of the configuration that this source understands: `version` in src/config/schema.ts. */
const CONFIG_VERSION = 1;

/** @throws UserError */
export async function imageOptions(
  words: ImageWords & { readonly key: string },
  level: number,
): Promise<Omit<ImageOptions, 'board'>> {
  // Said before anything is built.
  readPackageLock(LOCK);
  const key = readSigningKey(words.key);
  const out = resolve(words.out ?? 'out');
  const cache = resolve(words.cache ?? join('out', 'cache'));
  const print = (line: string): void => console.log(line);
  const work = new WorkFolder(cache, print);
  // What is older than the source would otherwise go into the image unnoticed.
  await work.step('bundling', () =>
    runProgram([process.execPath, join(PROJECT_SOURCES.bundle, '../build/bundle.ts')]),
  );
  return {
    version: VERSION,
    configVersion: CONFIG_VERSION,
    sources: PROJECT_SOURCES,
    out,
    store: join(cache, 'packages'),
    work,
    download: aptDownload(words),
    epoch: await sourceDate(),
    level,
    key,
    print,
  };
}

/** Fetches apt's lists at the first package that is wanted: a warm build asks nobody. */
function aptDownload({ mirror, security }: ImageWords): Download {
  let opened: Promise<AptRoot> | undefined;
  const open = async (): Promise<AptRoot> => {
    const lock = readPackageLock(LOCK);
    const folder = mkdtempSync(join(tmpdir(), 'gatepost-apt-'));
    return await AptRoot.open(folder, await aptSource(lock, { mirror, security }));
  };
  return async (name, version, folder) => {
    opened ??= open();
    return await (await opened).download(name, version, folder);
  };
}

/** The time of what is built: of the last commit, so that the same source gives the same bytes (reproducible-builds.org, SOURCE_DATE_EPOCH). */
async function sourceDate(): Promise<number> {
  const given = process.env['SOURCE_DATE_EPOCH'];
  if (given !== undefined) return Number(given);
  return Number(await runProgram(['git', 'log', '-1', '--format=%ct'], { cwd: PROJECT_SOURCES.firmware }));
}
