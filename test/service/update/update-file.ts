import { type KeyObject, createHash, generateKeyPairSync, sign } from 'node:crypto';
import { zstdCompressSync } from 'node:zlib';
import { type UpdateManifest, encodeManifest } from '../../../src/wire/update/manifest.ts';
import { encodeUpdateHead, signedPart } from '../../../src/wire/update/update-head.ts';

export interface Maker {
  readonly key: KeyObject;
  /** As the description of a board has it. */
  readonly publicKey: string;
}

export function newMaker(): Maker {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const der = publicKey.export({ format: 'der', type: 'spki' });
  return { key: privateKey, publicKey: der.subarray(-32).toString('base64') };
}

const BLOCK_SIZE = 65_536;

function manifestOf(system: Uint8Array, fields: Partial<UpdateManifest> = {}): UpdateManifest {
  const count = Math.ceil(system.length / BLOCK_SIZE);
  const blocks = Array.from({ length: count }, (_, at) =>
    createHash('sha256')
      .update(system.subarray(at * BLOCK_SIZE, (at + 1) * BLOCK_SIZE))
      .digest(),
  );
  return {
    board: 'test-board',
    version: '2.0.0',
    configVersion: 1,
    octets: system.length,
    compressed: 1,
    blockSize: BLOCK_SIZE,
    blocks,
    ...fields,
  };
}

/** An update file as a release makes it. */
export function updateFile(
  maker: Maker,
  system: Uint8Array,
  fields: Partial<UpdateManifest> = {},
  content: Buffer = zstdCompressSync(system),
): Buffer {
  const manifest = encodeManifest(manifestOf(system, { compressed: content.length, ...fields }));
  const signature = sign(null, signedPart(manifest), maker.key);
  return Buffer.concat([encodeUpdateHead(manifest, signature), content]);
}

/** The file in chunks of odd sizes, as a network gives it. */
export async function* inChunks(file: Uint8Array, size = 10_007): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < file.length; at += size) yield await Promise.resolve(file.subarray(at, at + size));
}
