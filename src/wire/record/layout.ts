/**
 * Layout of a journal segment. All integers are big-endian.
 *
 * ```
 * page 0            segment head, twice (segment-head.ts)
 * page 1 ...        batches, each beginning on a page: frame, frame, ..., COMMIT frame, zeros up to the next page
 * ```
 * A batch ends on a page boundary because the kernel writes whole pages: a page that was acknowledged is then never
 * written again, and a write torn by a power cut cannot reach bytes that were promised.
 */
export const PAGE = 4096;

/** Frames begin at multiples of this, so that a search after damage has few places to look at. */
export const FRAME_ALIGNMENT = 8;

/** The type of the frame that ends a batch; the owner of a journal uses 1 to 254. */
export const COMMIT = 255;

/** The least multiple of `alignment` that is not below `value`. */
export function alignUp(value: number, alignment: number): number {
  return Math.ceil(value / alignment) * alignment;
}

/**
 * CRC-32 with a seed (0 to begin). A parameter, because the program has a much faster one
 * at hand (zlib) than the pure layers; both give the same numbers.
 */
export type Checksum = (bytes: Uint8Array, seed?: number) => number;

/** What a segment's frames are sealed with. */
export interface SegmentKey {
  /**
   * The seed of all frame checksums of one segment, drawn at random. A mail may contain bytes that look like frames; without the salt
   * they are not, and neither are old blocks of a removed segment.
   */
  readonly salt: number;
  readonly checksum: Checksum;
}
