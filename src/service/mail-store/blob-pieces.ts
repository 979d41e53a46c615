import { crc32 } from 'node:zlib';
import type { Files } from '../../port/files.ts';
import type { MailPieces } from '../../port/mailbox.ts';

/** Octets of a large message in memory at a time: what a reader that stands still costs. */
const PIECE = 64 * 1024;

export interface Blob {
  readonly path: string;
  readonly length: number;
  readonly checksum: number;
  /** What to throw where the file is not what was written. */
  readonly damaged: () => Error;
}

/** A large message read from its own file, which is open while somebody reads: it may be removed meanwhile. */
export class BlobPieces implements MailPieces {
  readonly #files: Files;
  readonly #blob: Blob;

  constructor(files: Files, blob: Blob) {
    this.#files = files;
    this.#blob = blob;
  }

  get length(): number {
    return this.#blob.length;
  }

  /** Checked once more on the way: where the last piece shows that the whole is not what was written, that piece is held back. */
  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    const { path, length, checksum, damaged } = this.#blob;
    const file = await this.#files.open(path, 'read');
    try {
      if ((await file.size()) !== length) throw damaged();
      let sum = 0;
      for (let at = 0; at < length; at += PIECE) {
        const wanted = Math.min(PIECE, length - at);
        const piece = await file.read(at, wanted);
        sum = crc32(piece, sum);
        const isLast = at + wanted === length;
        if (piece.length < wanted || (isLast && sum !== checksum)) throw damaged();
        yield piece;
      }
    } finally {
      await file.close();
    }
  }
}
