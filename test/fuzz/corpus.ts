import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fromHex, toHex } from '../../src/base/hex.ts';

const directory = join(import.meta.dirname, 'corpus');

/** Every kept input of a target: files of hexadecimal lines; a line that begins with # says where the next ones come from. */
export function readCorpus(target: string): readonly Uint8Array[] {
  const own = join(directory, target);
  if (!existsSync(own)) return [];
  const files = readdirSync(own)
    .filter((name) => name.endsWith('.hex'))
    .toSorted();
  return files.flatMap((file) =>
    readFileSync(join(own, file), 'latin1')
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'))
      .map(fromHex),
  );
}

/** Keeps inputs that led to something new for the runs to come. */
export function keepFound(target: string, inputs: readonly Uint8Array[]): void {
  const lines = [
    '# Found by npm run fuzz: each took a way that none before it took.',
    ...inputs.map((one) => toHex(one)),
  ];
  writeFileSync(join(directory, target, 'found.hex'), `${lines.join('\n')}\n`);
}
