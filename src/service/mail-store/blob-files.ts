import { crc32 } from 'node:zlib';
import { KernelError } from '../../base/errors.ts';
import type { Files } from '../../port/files.ts';
import { type Blob, BlobPieces } from './blob-pieces.ts';

const DIRECTORY = 'mail/blob';

/** Large messages, each in a file of its own: copying them about in the journal would double their wear. */
export class BlobFiles {
  readonly #files: Files;

  constructor(files: Files) {
    this.#files = files;
  }

  async prepare(): Promise<void> {
    await this.#files.makeDirectory(DIRECTORY);
    await this.#files.syncDirectory('mail');
    await this.#files.syncDirectory('.');
  }

  /** The numbers of all blobs. */
  async list(): Promise<readonly number[]> {
    const names = await this.#files.list(DIRECTORY);
    return names
      .map((name) => Number(/^(\d{1,16})\.msg$/.exec(name)?.[1] ?? Number.NaN))
      .filter((id) => Number.isSafeInteger(id));
  }

  /** Writes a blob and returns its checksum when the file and its name are on stable storage. What a failure leaves is removed. */
  async write(id: number, content: Uint8Array): Promise<number> {
    const file = await this.#files.open(blobPath(id), 'create');
    try {
      await file.append([content]);
      await file.sync();
      await this.#files.syncDirectory(DIRECTORY);
    } catch (error) {
      await this.#files.remove(blobPath(id)).catch(() => {});
      throw error;
    } finally {
      await file.close();
    }
    return crc32(content);
  }

  /** Undefined if the blob is missing or not what was written. */
  async read(id: number, checksum: number): Promise<Uint8Array | undefined> {
    const content = await this.#files.read(blobPath(id));
    return content !== undefined && crc32(content) === checksum ? content : undefined;
  }

  /** A blob that is not in memory as a whole; nothing is read yet. */
  pieces(id: number, about: Omit<Blob, 'path'>): BlobPieces {
    return new BlobPieces(this.#files, { ...about, path: blobPath(id) });
  }

  /** Whether a blob is there and all of it is what was written. @throws KernelError if it cannot be told */
  async isIntact(id: number, about: Pick<Blob, 'length' | 'checksum'>): Promise<boolean> {
    const damage = new Error(`${blobPath(id)} is damaged`);
    try {
      let octets = 0;
      for await (const piece of this.pieces(id, { ...about, damaged: () => damage })) octets += piece.length;
      return octets === about.length;
    } catch (error) {
      if (error === damage || (error instanceof KernelError && error.errno === 'ENOENT')) return false;
      throw error;
    }
  }

  async remove(id: number): Promise<void> {
    await this.#files.remove(blobPath(id));
  }
}

/** Of a large message, below the data directory. */
export function blobPath(id: number): string {
  return `${DIRECTORY}/${id}.msg`;
}
