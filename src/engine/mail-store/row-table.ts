import { InvariantError } from '../../base/errors.ts';

/** Blocks are added one by one, so that a table grows without being copied and has little room to spare. */
const BLOCK_ROWS = 1024;
const WORD = 2 ** 32;

/**
 * Rows of 32-bit words, numbered from 1; 0 stands for no row. A hundred thousand messages as objects with maps between them would cost
 * several hundred bytes each, as rows they cost what their fields need. Rows are given again after they were removed.
 */
export class RowTable {
  readonly #width: number;
  readonly #blocks: Uint32Array[] = [];
  /** Rows ever given, and the first of those that were removed, linked by their first word. */
  #given = 0;
  #removed = 0;

  constructor(width: number) {
    this.#width = width;
  }

  /** A row of zeros. */
  add(): number {
    const row = this.#removed === 0 ? this.#grow() : this.#removed;
    if (row === this.#removed) this.#removed = this.get(row, 0);
    const start = this.#at(row);
    this.#block(row).fill(0, start, start + this.#width);
    return row;
  }

  remove(row: number): void {
    this.set(row, 0, this.#removed);
    this.#removed = row;
  }

  get(row: number, word: number): number {
    return this.#block(row)[this.#at(row) + word] ?? 0;
  }

  set(row: number, word: number, value: number): void {
    this.#block(row)[this.#at(row) + word] = value;
  }

  /** A number of up to 53 bits in two words. */
  getWide(row: number, word: number): number {
    const [block, at] = [this.#block(row), this.#at(row) + word];
    return (block[at] ?? 0) * WORD + (block[at + 1] ?? 0);
  }

  setWide(row: number, word: number, value: number): void {
    const [block, at] = [this.#block(row), this.#at(row) + word];
    block[at] = Math.floor(value / WORD);
    block[at + 1] = value % WORD;
  }

  #grow(): number {
    if (this.#given % BLOCK_ROWS === 0) this.#blocks.push(new Uint32Array(BLOCK_ROWS * this.#width));
    this.#given += 1;
    return this.#given;
  }

  #block(row: number): Uint32Array {
    const block = this.#blocks[(row - 1) >>> 10];
    if (block === undefined) throw new InvariantError(`Cannot use row ${row} of a table: there is none`);
    return block;
  }

  #at(row: number): number {
    return ((row - 1) & (BLOCK_ROWS - 1)) * this.#width;
  }
}
