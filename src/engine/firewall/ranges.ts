/** Whole numbers from the first to the last. */
export interface Range {
  readonly first: number;
  readonly last: number;
}

/**
 * Ranges apart from one another, in order, so that one is found among thousands by halving; the tags say whose they are.
 */
export class Ranges<T> {
  readonly #entries: (Range & { readonly tag: T })[] = [];

  /** The tag of one that has a number in common with this range. */
  overlapping({ first, last }: Range): T | undefined {
    const next = this.#entries[this.#placeOf(first)];
    return next !== undefined && next.first <= last ? next.tag : undefined;
  }

  /** Only for a range that overlaps none. */
  add({ first, last }: Range, tag: T): void {
    this.#entries.splice(this.#placeOf(first), 0, { first, last, tag });
  }

  /** Only for a range that was added. */
  delete({ first }: Range): void {
    this.#entries.splice(this.#placeOf(first), 1);
  }

  /** Where the first range is that ends at this number or above. */
  #placeOf(number: number): number {
    let [low, high] = [0, this.#entries.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      const { last = 0 } = this.#entries[middle] ?? {};
      if (last < number) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
