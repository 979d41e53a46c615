/** A line without its end, or the news that one was longer than allowed. */
export type Line = { readonly kind: 'line'; readonly bytes: Uint8Array } | { readonly kind: 'too-long' };

const LF = 10;
const CR = 13;
const NOTHING = new Uint8Array(0);

/**
 * Cuts a stream into lines, however it arrives. Lines end with CRLF; a bare LF is taken too, as people type it.
 * Holds at most one chunk and one line; an overlong line is forgotten while it comes in and reported at its end.
 */
export class LineReader {
  readonly #limit: number;
  #pending = NOTHING as Uint8Array;
  #skipping = false;

  constructor(limit: number) {
    this.#limit = limit;
  }

  push(chunk: Uint8Array): void {
    this.#pending = this.#pending.length === 0 ? chunk : Buffer.concat([this.#pending, chunk]);
  }

  /** The next whole line; undefined until more is pushed. */
  next(): Line | undefined {
    const end = this.#pending.indexOf(LF);
    if (end < 0) {
      // One octet more than the limit may still be the CR of a line that fits.
      if (this.#pending.length > this.#limit + 1) this.#skipping = true;
      if (this.#skipping) this.#pending = NOTHING;
      return undefined;
    }
    const bytes = this.#pending.subarray(0, end > 0 && this.#pending[end - 1] === CR ? end - 1 : end);
    this.#pending = this.#pending.subarray(end + 1);
    const tooLong = this.#skipping || bytes.length > this.#limit;
    this.#skipping = false;
    return tooLong ? { kind: 'too-long' } : { kind: 'line', bytes };
  }

  /** Whether {@link next} would yield one. */
  get hasLine(): boolean {
    return this.#pending.includes(LF);
  }

  /** Octets that were pushed and are in no line yet taken. */
  get waiting(): number {
    return this.#pending.length;
  }

  /** Forgets what was pushed and not read yet: plaintext behind STLS (RFC 2595 §4). */
  clear(): void {
    this.#pending = NOTHING;
    this.#skipping = false;
  }
}
