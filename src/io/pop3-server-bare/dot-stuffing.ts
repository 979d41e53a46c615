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
    const insertions = this.#insertions(block);
    this.#atLineStart = block.at(-1) === LF;
    this.#afterCr = block.at(-1) === CR;
    return insertions.length === 0 ? block : withInsertions(block, insertions);
  }

  /** What ends the reply; the last line is ended if it was not. */
  end(): Uint8Array {
    return this.#atLineStart ? TERMINATOR : Buffer.concat([CRLF, TERMINATOR]);
  }

  /** Places before which an octet is to come, in order: a CR before each LF named, a dot before each dot named. Plain numbers, as hostile mail has many. */
  #insertions(bytes: Uint8Array): readonly number[] {
    // The search of a Buffer is the faster one, and this is run for every line of every message.
    const block = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
    const places: number[] = [];
    if (this.#atLineStart && block[0] === DOT) places.push(0);
    for (let lf = block.indexOf(LF); lf >= 0; lf = block.indexOf(LF, lf + 1)) {
      const isEnded = lf === 0 ? this.#afterCr : block[lf - 1] === CR;
      if (!isEnded) places.push(lf);
      if (block[lf + 1] === DOT) places.push(lf + 1);
    }
    return places;
  }
}

function withInsertions(block: Uint8Array, places: readonly number[]): Uint8Array {
  const output = Buffer.allocUnsafe(block.length + places.length);
  let used = 0;
  let taken = 0;
  for (const place of places) {
    output.set(block.subarray(taken, place), used);
    used += place - taken;
    taken = place;
    output[used++] = block[place] === LF ? CR : DOT;
  }
  output.set(block.subarray(taken), used);
  return output;
}

/** A message in pieces of at most {@link BLOCK_SIZE}. */
export function* blocksOf(message: Uint8Array): Generator<Uint8Array> {
  for (let at = 0; at < message.length; at += BLOCK_SIZE) yield message.subarray(at, at + BLOCK_SIZE);
}
