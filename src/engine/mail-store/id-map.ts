const SMALLEST = 64;
/** Above this share of used slots the searches get long. */
const FULLEST = 0.7;

/** Finds rows by the number they stand for: a hash table of row numbers only, open addressing with linear probing. 0 stands for no row. */
export class IdMap {
  readonly #idOf: (row: number) => number;
  #slots = new Uint32Array(SMALLEST);
  #size = 0;

  /** @param idOf the number that a row stands for; it must not change while the row is here */
  constructor(idOf: (row: number) => number) {
    this.#idOf = idOf;
  }

  get size(): number {
    return this.#size;
  }

  get(id: number): number {
    return this.#slots[this.#find(id)] ?? 0;
  }

  /** Adds a row whose number is not there yet. */
  add(row: number): void {
    if (this.#size + 1 > this.#slots.length * FULLEST) this.#resize(this.#slots.length * 2);
    this.#slots[this.#find(this.#idOf(row))] = row;
    this.#size += 1;
  }

  delete(id: number): void {
    let hole = this.#find(id);
    if (this.#slots[hole] === 0) return;
    const mask = this.#slots.length - 1;
    // What stands behind the hole and would be looked for from before it moves into it.
    for (let at = (hole + 1) & mask; this.#slots[at] !== 0; at = (at + 1) & mask) {
      const home = this.#home(this.#idOf(this.#slots[at] ?? 0));
      if (((at - home) & mask) < ((at - hole) & mask)) continue;
      this.#slots[hole] = this.#slots[at] ?? 0;
      hole = at;
    }
    this.#slots[hole] = 0;
    this.#size -= 1;
  }

  /** All rows, in no order. Must not be changed meanwhile. */
  *rows(): Generator<number> {
    for (const row of this.#slots) if (row !== 0) yield row;
  }

  #resize(length: number): void {
    const old = this.#slots;
    this.#slots = new Uint32Array(length);
    for (const row of old) if (row !== 0) this.#slots[this.#find(this.#idOf(row))] = row;
  }

  /** The slot of an id, or the one where it would go. */
  #find(id: number): number {
    const mask = this.#slots.length - 1;
    let at = this.#home(id);
    for (let row = this.#slots[at]; row !== undefined && row !== 0; row = this.#slots[at]) {
      if (this.#idOf(row) === id) break;
      at = (at + 1) & mask;
    }
    return at;
  }

  /** Ids rise in small steps; the multiplication (Knuth's) spreads them, the upper bits are the best of it. */
  #home(id: number): number {
    const mixed = Math.imul(((id % 2 ** 32) | 0) ^ Math.floor(id / 2 ** 32), 0x9e37_79b1);
    return (mixed >>> 8) & (this.#slots.length - 1);
  }
}
