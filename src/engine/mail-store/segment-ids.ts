/** A segment of the journal as far as it matters to what may be in it. */
export interface HoldingSegment {
  readonly number: number;
  /** What could not be read of it may be readable at the next start, and nobody knows what it is. */
  readonly isDamaged: boolean;
}

interface Range {
  readonly segment: number;
  lowest: number;
  highest: number;
  /** The highest number in this segment and all before it. */
  reached: number;
}

/**
 * From which to which number the messages and entries are of which a segment has records. What came long after a segment was full cannot be in it: without this,
 * mail that people keep for years in the oldest segments would be a reason to carry everything along that ever ended something.
 */
export class SegmentIds {
  readonly #bySegment = new Map<number, Range>();
  /** In the order of the segments. */
  #ranges: Range[] = [];

  /** A segment has a record of the message or entry with this number. */
  add(segment: number, id: number): void {
    const known = this.#bySegment.get(segment);
    const range = known ?? { segment, lowest: id, highest: id, reached: id };
    const last = this.#ranges.at(-1);
    if (known === undefined) {
      this.#bySegment.set(segment, range);
      this.#ranges.push(range);
      if (last !== undefined) range.reached = Math.max(last.reached, id);
    }
    range.lowest = Math.min(range.lowest, id);
    range.highest = Math.max(range.highest, id);
    range.reached = Math.max(range.reached, id);
  }

  /** A segment is gone. */
  delete(segment: number): void {
    this.#bySegment.delete(segment);
    this.#ranges = this.#ranges.filter((range) => range.segment !== segment);
    let reached = 0;
    for (const range of this.#ranges) {
      reached = Math.max(reached, range.highest);
      range.reached = reached;
    }
  }

  /** Whether a segment may have a record of one of the numbers. */
  mayHold({ number, isDamaged }: HoldingSegment, ids: readonly number[]): boolean {
    const range = this.#bySegment.get(number);
    return isDamaged || (range !== undefined && ids.some((id) => id >= range.lowest && id <= range.highest));
  }

  /** No segment before this one has a record of the number, or of a higher one; Infinity if none at all has. Asked for each record of a replay. */
  firstReaching(id: number): number {
    let [low, high] = [0, this.#ranges.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#ranges[middle]?.reached ?? 0) >= id) high = middle;
      else low = middle + 1;
    }
    return this.#ranges[low]?.segment ?? Infinity;
  }
}
