const LF = 10;
const CR = 13;

/** Finds where the header, the blank line and the first `lines` lines of the body end (RFC 1939 §7, TOP), over any pieces of a message. */
export class TopLines {
  /** Lines of the body that are still wanted; undefined within the header. */
  #left: number | undefined;
  readonly #lines: number;
  /** Octets of the line that has begun, as far as they matter: 0, 1 and it is a CR, or more. */
  #begun: 'nothing' | 'cr' | 'text' = 'nothing';

  constructor(lines: number) {
    this.#lines = lines;
  }

  get isDone(): boolean {
    return this.#left === 0;
  }

  /** How many octets of this piece belong to the top. */
  take(piece: Uint8Array): number {
    let start = 0;
    while (start < piece.length && !this.isDone) {
      const lf = piece.indexOf(LF, start);
      if (lf < 0) {
        this.#begin(piece.subarray(start));
        return piece.length;
      }
      this.#begin(piece.subarray(start, lf));
      if (this.#left !== undefined) this.#left--;
      else if (this.#begun !== 'text') this.#left = this.#lines;
      this.#begun = 'nothing';
      start = lf + 1;
    }
    return start;
  }

  #begin(octets: Uint8Array): void {
    if (octets.length === 0) return;
    const isCr = this.#begun === 'nothing' && octets.length === 1 && octets[0] === CR;
    this.#begun = isCr ? 'cr' : 'text';
  }
}
