import { createHash } from 'node:crypto';
import { Readable, pipeline } from 'node:stream';
import { constants, createZstdDecompress } from 'node:zlib';
import { UserError, messageOf } from '../../base/errors.ts';
import type { BlockDevice } from '../../port/block-device.ts';
import type { UpdateProgress } from '../../port/update-status.ts';
import type { UpdateManifest } from '../../wire/update/manifest.ts';
import { UpdateStream } from './update-stream.ts';

/**
 * The logarithm of the largest window that a frame may ask for: 8 MiB, what every decoder should support (RFC 8878 section 3.1.1.1.2).
 * The frame itself is not signed, and a larger window would be taken from the memory of the box.
 */
const MAX_WINDOW_LOG = 23;

export type OnProgress = (progress: UpdateProgress) => void;

/**
 * Writes a system into a slot, block by block, each compared with its signed hash before it is written; then reads all of it back from the
 * card. Memory: one block and what the decompressor holds. @throws UserError, KernelError
 */
export async function writeSlot(
  content: AsyncIterable<Uint8Array>,
  manifest: UpdateManifest,
  device: BlockDevice,
  onProgress: OnProgress,
): Promise<void> {
  const system = new UpdateStream(decompressed(content));
  for (const { offset, length, hash } of blocksOf(manifest)) {
    const block = await system.take(length);
    if (!isHashOf(block, hash))
      throw new UserError(
        `Cannot update to ${manifest.version}: the file is damaged at octet ${offset} of the system; copy or download it again`,
      );
    await device.write(offset, block);
    onProgress({ stage: 'writing', done: offset + length, octets: manifest.octets });
  }
  await requireEnd(system, manifest);
  await device.settle();
  await readBack(manifest, device, onProgress);
}

async function readBack(
  manifest: UpdateManifest,
  device: BlockDevice,
  onProgress: OnProgress,
): Promise<void> {
  for (const { offset, length, hash } of blocksOf(manifest)) {
    if (!isHashOf(await device.read(offset, length), hash))
      throw new UserError(
        `Cannot update to ${manifest.version}: the card does not keep what is written at octet ${offset} of the slot; it is worn out, replace it`,
      );
    onProgress({ stage: 'verifying', done: offset + length, octets: manifest.octets });
  }
}

interface Block {
  readonly offset: number;
  readonly length: number;
  readonly hash: Uint8Array;
}

function blocksOf({ octets, blockSize, blocks }: UpdateManifest): readonly Block[] {
  return blocks.map((hash, number) => {
    const offset = number * blockSize;
    return { offset, length: Math.min(blockSize, octets - offset), hash };
  });
}

function isHashOf(block: Uint8Array, hash: Uint8Array): boolean {
  return createHash('sha256').update(block).digest().equals(hash);
}

async function requireEnd(system: UpdateStream, { version, octets }: UpdateManifest): Promise<void> {
  for await (const chunk of system.rest()) {
    if (chunk.length > 0)
      throw new UserError(
        `Cannot update to ${version}: the file holds more than the ${octets} octets it says`,
      );
  }
}

async function* decompressed(content: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const zstd = createZstdDecompress({ params: { [constants.ZSTD_d_windowLogMax]: MAX_WINDOW_LOG } });
  // The error of the source is also that of the reader below.
  pipeline(Readable.from(content), zstd, () => undefined);
  try {
    for await (const chunk of zstd) yield chunk as Uint8Array;
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw new UserError(
      `Cannot update: the file is damaged, it cannot be decompressed (${messageOf(error)}); copy or download it again`,
    );
  }
}
