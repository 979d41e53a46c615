import type { Ipv4 } from '../../base/ipv4.ts';
import type { AddressRange } from './options.ts';

/** Addresses as ranges, for pools of any size: looked up in logarithmic time, and never spelled out. */
export class AddressRanges {
  readonly #ranges: readonly AddressRange[];

  /** In any order, also overlapping; parts outside of `within` are left out. */
  constructor(ranges: readonly AddressRange[], within: AddressRange) {
    const clipped = ranges
      .map(({ first, last }) => ({
        first: Math.max(first, within.first) as Ipv4,
        last: Math.min(last, within.last) as Ipv4,
      }))
      .filter(({ first, last }) => first <= last)
      .toSorted((a, b) => a.first - b.first);
    const merged: { readonly first: Ipv4; last: Ipv4 }[] = [];
    for (const { first, last } of clipped) {
      const before = merged.at(-1);
      if (before !== undefined && first <= before.last + 1) before.last = Math.max(before.last, last) as Ipv4;
      else merged.push({ first, last });
    }
    this.#ranges = merged;
  }

  /** Addresses in all of them. */
  get size(): number {
    return this.#ranges.reduce((sum, { first, last }) => sum + last - first + 1, 0);
  }

  has(address: Ipv4): boolean {
    return this.#around(address) !== undefined;
  }

  /** `address`, or the first one behind it that is in none of the ranges. */
  skip(address: Ipv4): number {
    const range = this.#around(address);
    return range === undefined ? address : range.last + 1;
  }

  #around(address: Ipv4): AddressRange | undefined {
    let [low, high] = [0, this.#ranges.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      const range = this.#ranges[middle];
      if (range !== undefined && range.last >= address) high = middle;
      else low = middle + 1;
    }
    const range = this.#ranges[low];
    return range !== undefined && range.first <= address ? range : undefined;
  }
}
