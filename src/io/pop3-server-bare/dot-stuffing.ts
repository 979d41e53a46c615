const LF = 10;
const CR = 13;
const DOT = 0x2e;

const CRLF = Buffer.from('\r\n');
const TERMINATOR = Buffer.from('.\r\n');

/** Octets of a message that are made ready and sent at a time. */
export const BLOCK_SIZE = 65_536;

/**
 * Puts a dot before each line that begins with one (RFC 1939 §3), over any pieces of a message. A bare LF goes out as CRLF: sent as it is, a line "."
 * behind it would end the reply for half of the readers.
 */
export class DotStuffer {
  #atLineStart = true;
  #afterCr = false;

  /** The octets to send for these, which may be the same array; it is at most {@link BLOCK_SIZE} long. */
  push(block: Uint8Array): Uint8Array {
    if (block.length === 0) return block;
    const output = new Output(block);
    if (this.#atLineStart && block[0] === DOT) output.insert(0, DOT);
    for (let lf = block.indexOf(LF); lf >= 0; lf = block.indexOf(LF, lf + 1)) {
      const isEnded = lf === 0 ? this.#afterCr : block[lf - 1] === CR;
      if (!isEnded) output.insert(lf, CR);
      if (block[lf + 1] === DOT) output.insert(lf + 1, DOT);
    }
    this.#atLineStart = block.at(-1) === LF;
    this.#afterCr = block.at(-1) === CR;
    return output.bytes();
  }

  /** What ends the reply; the last line is ended if it was not. */
  end(): Uint8Array {
    return this.#atLineStart ? TERMINATOR : Buffer.concat([CRLF, TERMINATOR]);
  }
}

/** A block with octets put in; it is copied only when there are any. */
class Output {
  readonly #block: Uint8Array;
  #copy: Uint8Array | undefined;
  #used = 0;
  #taken = 0;

  constructor(block: Uint8Array) {
    this.#block = block;
  }

  insert(at: number, octet: number): void {
    // Two for each line end at most: a CR before it, a dot behind it; and a dot at the beginning.
    this.#copy ??= Buffer.allocUnsafe(3 * this.#block.length + 1);
    this.#take(this.#copy, at);
    this.#copy[this.#used++] = octet;
  }

  bytes(): Uint8Array {
    if (this.#copy === undefined) return this.#block;
    this.#take(this.#copy, this.#block.length);
    return this.#copy.subarray(0, this.#used);
  }

  #take(copy: Uint8Array, end: number): void {
    copy.set(this.#block.subarray(this.#taken, end), this.#used);
    this.#used += end - this.#taken;
    this.#taken = end;
  }
}

/** A message in pieces of at most {@link BLOCK_SIZE}. */
export function* blocksOf(message: Uint8Array): Generator<Uint8Array> {
  for (let at = 0; at < message.length; at += BLOCK_SIZE) yield message.subarray(at, at + BLOCK_SIZE);
}
