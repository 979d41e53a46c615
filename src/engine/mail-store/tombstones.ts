import type { Place, SegmentShares } from '../compaction/segment-shares.ts';

interface Tombstone {
  readonly place: Place;
  readonly through: number;
}

/** The REMOVE records that are still needed: as long as a segment may hold what they ended, without them it would come back. */
export class Tombstones {
  readonly #shares: SegmentShares;
  #all: Tombstone[] = [];

  constructor(shares: SegmentShares) {
    this.#shares = shares;
  }

  /** @param through last segment that may hold what it ended; 0 for the record's own */
  add(place: Place, through: number): void {
    this.#all.push({ place, through: through === 0 ? place.segment : through });
    this.#shares.add(place);
  }

  segmentRemoved(number: number, oldest: number): void {
    const isNeeded = ({ place, through }: Tombstone): boolean =>
      place.segment !== number && (through > oldest || (through === oldest && place.segment !== oldest));
    for (const one of this.#all) if (!isNeeded(one)) this.#shares.drop(one.place);
    this.#all = this.#all.filter(isNeeded);
  }
}
