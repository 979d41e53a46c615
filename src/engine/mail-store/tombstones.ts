import type { Place, SegmentShares } from '../compaction/segment-shares.ts';

/**
 * The records that end others (REMOVE, END) and are still needed: as long as a segment may hold what they ended, without them it would come back. Of all with
 * the same segment and the same reach only the sum of their bytes is known, which is all that matters.
 */
export class Tombstones {
  readonly #shares: SegmentShares;
  /** Bytes by the segment they are in, then by the last segment that may hold what they ended. */
  readonly #bytes = new Map<number, Map<number, number>>();

  constructor(shares: SegmentShares) {
    this.#shares = shares;
  }

  /** @param through last segment that may hold what it ended; 0 for the record's own */
  add(place: Place, through: number): void {
    const reaches = this.#bytes.get(place.segment) ?? new Map<number, number>();
    this.#bytes.set(place.segment, reaches);
    const reach = through === 0 ? place.segment : through;
    reaches.set(reach, (reaches.get(reach) ?? 0) + place.length);
    this.#shares.add(place);
  }

  segmentRemoved(number: number, oldest: number): void {
    for (const [segment, reaches] of this.#bytes) {
      for (const [through, length] of reaches) {
        const isNeeded =
          segment !== number && (through > oldest || (through === oldest && segment !== oldest));
        if (isNeeded) continue;
        this.#shares.drop({ segment, offset: 0, length });
        reaches.delete(through);
      }
      if (reaches.size === 0) this.#bytes.delete(segment);
    }
  }
}
