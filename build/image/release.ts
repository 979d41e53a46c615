// npm run release -- --key FILE --out DIR: the images and updates of all boards, a signed list of their checksums, and what has changed.
import { resolve } from 'node:path';
import { UserError } from '../../src/base/errors.ts';
import { parseOptions } from './command-line.ts';
import { IMAGE_MEANINGS, imageOptions } from './image-options.ts';
import { makeRelease } from './make-release.ts';
import { runMain } from './run-main.ts';

/** Two minutes more of a build, five megabytes less for every owner. */
const LEVEL = 19;

await runMain(async () => {
  const words = parseOptions('npm run release --', IMAGE_MEANINGS);
  if (words === undefined) return;
  const { key, out } = words;
  if (key === undefined || out === undefined)
    throw new UserError(
      'Cannot make a release: name the signing key by --key FILE and an empty folder by --out DIR',
    );
  const options = await imageOptions({ ...words, key }, LEVEL);
  try {
    await makeRelease({ ...options, changes: resolve(import.meta.dirname, '../../CHANGES.md') });
  } finally {
    options.work.clear();
  }
});
