/** Octets read at once where records are read one after the other. */
const WINDOW_SIZE = 128 * 1024;
/** Windows kept; with more, the one unused for longest is forgotten. */
const MOST_WINDOWS = 4;
/** What may lie between two records of one reader: padding of a batch, commit marks, small records of others. */
const LARGEST_GAP = 16 * 1024;

interface Window {
  readonly start: number;
  readonly bytes: Uint8Array;
}

/**
 * Remembers what lies behind a record when records are read in their order, as a mail program does: then one read of the disk serves many of them. What was
 * committed never changes in its place, so that a window is as good as the file.
 */
export class ReadAhead {
  /** By segment. */
  readonly #windows = new Map<number, Window>();
  /** Where the last record read of a segment ended. */
  readonly #ends = new Map<number, number>();

  /** The octets, if they are here. */
  find(segment: number, offset: number, length: number): Uint8Array | undefined {
    const window = this.#windows.get(segment);
    if (window === undefined) return undefined;
    const from = offset - window.start;
    if (from < 0 || from + length > window.bytes.length) return undefined;
    this.#ends.set(segment, offset + length);
    this.#windows.delete(segment);
    this.#windows.set(segment, window);
    return window.bytes.subarray(from, from + length);
  }

  /** How much to read from `offset` on for a record of this length; nothing behind `committed` is ever read. */
  lengthFor(
    segment: number,
    { offset, length, committed }: { offset: number; length: number; committed: number },
  ): number {
    const gap = offset - (this.#ends.get(segment) ?? Infinity);
    const isInOrder = gap >= 0 && gap <= LARGEST_GAP;
    return isInOrder ? Math.max(length, Math.min(WINDOW_SIZE, committed - offset)) : length;
  }

  /** Takes what was read; the record is at its beginning. @returns the record */
  keep(
    segment: number,
    { offset, length }: { offset: number; length: number },
    bytes: Uint8Array,
  ): Uint8Array {
    this.#ends.set(segment, offset + length);
    if (bytes.length <= length) return bytes;
    this.#windows.delete(segment);
    this.#windows.set(segment, { start: offset, bytes });
    const [oldest] = this.#windows.keys();
    if (this.#windows.size > MOST_WINDOWS && oldest !== undefined) this.#windows.delete(oldest);
    return bytes.subarray(0, length);
  }

  forget(segment: number): void {
    this.#windows.delete(segment);
    this.#ends.delete(segment);
  }
}
