/** Zeros laid at a time at most. */
const LONGEST = 64 * 1024;
/**
 * Longer batches get no zeros. When a file grows, ext4 brings five more blocks to the storage with the next sync: its inode, the map of blocks, the group's
 * descriptor, and two around them in its own journal. Up to this length the zeros, which are written over once, cost less than that.
 */
const LONGEST_BATCH = 5 * 4096;
const ZEROS = new Uint8Array(LONGEST);

/**
 * Room behind the last batch that the file has already and that holds zeros: a batch written there is synced without the file system's own journal, in less than
 * half the time. Nothing relies on the zeros being there.
 */
export class Runway {
  #end = 0;
  /** Octets of short batches in a row. */
  #inRow = 0;

  /** Where the zeros end; the file may end there or before. */
  get end(): number {
    return this.#end;
  }

  /** For a file that ends with a batch at `end`. */
  begin(end: number): void {
    this.#end = end;
    this.#inRow = 0;
  }

  /**
   * What to write behind a batch of `length` that ends at `end`: as many zeros as there were octets in short batches just before it, so that among long ones
   * little is written for nothing. Nothing beyond `limit`.
   */
  behind(end: number, length: number, limit: number): Uint8Array | undefined {
    const before = this.#inRow;
    this.#inRow = length <= LONGEST_BATCH ? before + length : 0;
    if (end <= this.#end) return undefined;
    const count = length <= LONGEST_BATCH ? Math.min(before, LONGEST, limit - end) : 0;
    this.#end = end + Math.max(0, count);
    return count > 0 ? ZEROS.subarray(0, count) : undefined;
  }
}
