import { type KeyObject, createHash, sign } from 'node:crypto';
import { constants, zstdCompressSync } from 'node:zlib';
import { encodeManifest } from '../../src/wire/update/manifest.ts';
import { encodeUpdateHead, signedPart } from '../../src/wire/update/update-head.ts';

const BLOCK_SIZE = 2 ** 20;
/** 8 MiB, the largest that a box takes. */
const WINDOW_LOG = 23;
/** The slot is mostly a file system that is compressed already: more effort than this gains nothing. */
const LEVEL = 6;

export interface UpdateContent {
  readonly board: string;
  readonly version: string;
  readonly configVersion: number;
  /** What is written to the slot. */
  readonly system: Uint8Array;
}

/** The file that `gatepost update` takes, see docs/update.md. */
export function updateFile(
  { system, board, version, configVersion }: UpdateContent,
  key: KeyObject,
): Uint8Array {
  const params = {
    [constants.ZSTD_c_compressionLevel]: LEVEL,
    [constants.ZSTD_c_windowLog]: WINDOW_LOG,
    [constants.ZSTD_c_checksumFlag]: 1,
  };
  const content = zstdCompressSync(system, { params });
  const blocks = Array.from({ length: Math.ceil(system.length / BLOCK_SIZE) }, (_, at) =>
    createHash('sha256')
      .update(system.subarray(at * BLOCK_SIZE, (at + 1) * BLOCK_SIZE))
      .digest(),
  );
  const manifest = encodeManifest({
    board,
    version,
    configVersion,
    octets: system.length,
    compressed: content.length,
    blockSize: BLOCK_SIZE,
    blocks,
  });
  return Buffer.concat([encodeUpdateHead(manifest, sign(null, signedPart(manifest), key)), content]);
}
