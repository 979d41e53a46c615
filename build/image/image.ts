// npm run image -- --board NAME: the image of a board with its update file, checksums, manifest and list of contents, in out/.
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { generateKeyPairSync } from 'node:crypto';
import { dirname, resolve } from 'node:path';
import { UserError } from '../../src/base/errors.ts';
import { buildImage } from './build-image.ts';
import { parseOptions } from './command-line.ts';
import { IMAGE_MEANINGS, imageOptions } from './image-options.ts';
import { runMain } from './run-main.ts';

/** Fast, and a few MB larger than the release's. */
const LEVEL = 10;

await runMain(async () => {
  const words = parseOptions('npm run image --', {
    board: 'name of a description in board/: rpi, qemu-virt',
    ...IMAGE_MEANINGS,
    key: `${IMAGE_MEANINGS.key}; without it, a key for tests that is made in out/`,
  });
  if (words === undefined) return;
  if (words.board === undefined) throw new UserError('Cannot build an image: name a board by --board rpi');
  const begun = Date.now();
  const options = await imageOptions({ ...words, key: words.key ?? testKey() }, LEVEL);
  try {
    const { all } = await buildImage({ ...options, board: words.board });
    for (const file of all) console.log(`${options.out}/${file}`);
    console.log(`built in ${Math.round((Date.now() - begun) / 1000)} s`);
  } finally {
    options.work.clear();
  }
});

/** For images that nobody but their maker uses. It stays the same, so that the next build updates the last one. */
function testKey(): string {
  const path = resolve('out/test-key.pem');
  if (!existsSync(path)) {
    mkdirSync(dirname(path), { recursive: true });
    const { privateKey } = generateKeyPairSync('ed25519');
    writeFileSync(path, privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 });
  }
  console.log(`signed with the key for tests, ${path}: do not hand this image on`);
  return path;
}
