import { crc32 } from 'node:zlib';
import type { Files } from '../../port/files.ts';

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

  async remove(id: number): Promise<void> {
    await this.#files.remove(blobPath(id));
  }
}

/** Of a large message, below the data directory. */
export function blobPath(id: number): string {
  return `${DIRECTORY}/${id}.msg`;
}
