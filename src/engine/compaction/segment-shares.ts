/** Where a record lies in a journal. */
export interface Place {
  readonly segment: number;
  readonly offset: number;
  readonly length: number;
}

export function isSamePlace(a: Place | undefined, b: Place): boolean {
  return a?.segment === b.segment && a.offset === b.offset;
}

export interface SegmentState {
  readonly number: number;
  readonly size: number;
  readonly isCompactable: boolean;
}

/** A segment is worth copying when less than this share of it is still needed. */
const LIVE_SHARE = 0.4;
/** The page that a copy begins on is filled up, a batch that proves it takes another, and it may need the first page of a new segment. */
const COPY_OVERHEAD = 3 * 4096;

/** How many bytes of each segment of a journal are still needed. */
export class SegmentShares {
  readonly #live = new Map<number, number>();

  add(place: Place): void {
    this.#live.set(place.segment, this.live(place.segment) + place.length);
  }

  drop(place: Place): void {
    const left = this.live(place.segment) - place.length;
    if (left > 0) this.#live.set(place.segment, left);
    else this.#live.delete(place.segment);
  }

  /** Bytes of a segment that are still needed. */
  live(segment: number): number {
    return this.#live.get(segment) ?? 0;
  }

  /**
   * The segment to compact next: the one with the smallest live share, if it is small enough and the copy takes less room than the segment.
   * So compacting until there is none left comes to an end.
   */
  pick(segments: readonly SegmentState[]): number | undefined {
    let [best, bestShare] = [undefined as number | undefined, LIVE_SHARE];
    for (const { number, size, isCompactable } of segments) {
      const live = this.live(number);
      const gains = live === 0 || live + COPY_OVERHEAD < size;
      if (isCompactable && gains && live / size < bestShare) [best, bestShare] = [number, live / size];
    }
    return best;
  }
}
