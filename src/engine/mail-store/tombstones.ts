import type { Place, SegmentShares } from '../compaction/segment-shares.ts';
import type { HoldingSegment, SegmentIds } from './segment-ids.ts';

/** Segments that may hold what a record ended: from the first that has so high numbers to the one where it was first written. */
interface Reach {
  readonly from: number;
  readonly through: number;
  length: number;
}

/** A record that ends others. */
interface EndingRecord {
  /** Last segment that may hold what it ended; 0 for the record's own. */
  readonly through: number;
  readonly ids: readonly number[];
}

/**
 * The records that end others (REMOVE, END) and are still needed: as long as a segment may hold what they ended, without them it would come back. Of all with
 * the same segment and the same reach only the sum of their bytes is known, which is all that matters.
 */
export class Tombstones {
  readonly #shares: SegmentShares;
  readonly #segmentIds: SegmentIds;
  /** By the segment they are in, then by their reach. */
  readonly #reaches = new Map<number, Map<string, Reach>>();

  constructor(shares: SegmentShares, segmentIds: SegmentIds) {
    this.#shares = shares;
    this.#segmentIds = segmentIds;
  }

  add(place: Place, record: EndingRecord): void {
    const through = throughOf(record, place);
    const from = this.#segmentIds.firstReaching(Math.min(...record.ids));
    const reaches = this.#reaches.get(place.segment) ?? new Map<string, Reach>();
    this.#reaches.set(place.segment, reaches);
    const key = `${from} ${through}`;
    const reach = reaches.get(key) ?? { from, through, length: 0 };
    reaches.set(key, reach);
    reach.length += place.length;
    this.#shares.add(place);
  }

  /** What a compaction must carry along of the record at `place`. It is looked at more closely than in {@link segmentRemoved}, which knows sums only. */
  keep<T extends EndingRecord>(record: T, place: Place, segments: readonly HoldingSegment[]): T | undefined {
    const through = throughOf(record, place);
    const isNeeded = segments.some(
      (one) =>
        one.number <= through && one.number !== place.segment && this.#segmentIds.mayHold(one, record.ids),
    );
    return isNeeded ? { ...record, through } : undefined;
  }

  /** A segment is gone, and these are left, the oldest first. */
  segmentRemoved(number: number, segments: readonly HoldingSegment[]): void {
    const damaged = segments.find((one) => one.isDamaged)?.number ?? Infinity;
    for (const [segment, reaches] of this.#reaches) {
      for (const [key, { from, through, length }] of reaches) {
        const holder = Math.min(firstFrom(segments, from), damaged);
        if (segment !== number && holder <= through && holder !== segment) continue;
        this.#shares.drop({ segment, offset: 0, length });
        reaches.delete(key);
      }
      if (reaches.size === 0) this.#reaches.delete(segment);
    }
  }
}

function throughOf({ through }: EndingRecord, { segment }: Place): number {
  return through === 0 ? segment : through;
}

/** The first segment with this number or a higher one. */
function firstFrom(segments: readonly HoldingSegment[], from: number): number {
  let [low, high] = [0, segments.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((segments[middle]?.number ?? 0) >= from) high = middle;
    else low = middle + 1;
  }
  return segments[low]?.number ?? Infinity;
}
