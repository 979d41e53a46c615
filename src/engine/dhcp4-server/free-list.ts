import type { Ipv4 } from '../../base/ipv4.ts';

/** Addresses nobody has, in the order in which they became free. All operations take constant time. */
export class FreeList implements Iterable<Ipv4> {
  // Those that were the oldest once and came back: they are older than all that wait in line.
  readonly #again = new Set<Ipv4>();
  readonly #line = new Set<Ipv4>();

  get size(): number {
    return this.#again.size + this.#line.size;
  }

  get oldest(): Ipv4 | undefined {
    for (const address of this) return address;
    return undefined;
  }

  add(address: Ipv4): void {
    this.#line.add(address);
  }

  addBefore(address: Ipv4): void {
    this.#again.add(address);
  }

  delete(address: Ipv4): void {
    this.#again.delete(address);
    this.#line.delete(address);
  }

  clear(): void {
    this.#again.clear();
    this.#line.clear();
  }

  *[Symbol.iterator](): Iterator<Ipv4> {
    yield* this.#again;
    yield* this.#line;
  }
}
