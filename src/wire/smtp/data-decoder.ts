import { concatBytes } from '../../base/bytes.ts';

const LF = 10;
const CR = 13;
const DOT = 0x2e;

/** What the next octet comes behind. Plain numbers, as one is looked at for every octet of every message. */
const LINE_END = 0;
const TEXT = 1;
const LONE_CR = 2;
/** The dot that a line begins with. */
const FIRST_DOT = 3;
const FIRST_DOT_CR = 4;

/** What a piece of a message brings. */
export interface DecodedData {
  readonly content: Uint8Array;
  /** Where in the piece the end of the message is over, and commands follow; undefined while the message goes on. */
  readonly end: number | undefined;
}

/**
 * Takes the dots out that a sender puts before lines that begin with one, and finds the line that is a dot alone (RFC 5321 §4.5.2), over any pieces of a
 * message. A line ends with CR LF and with nothing else: every other reading of an end is a way in for "SMTP smuggling".
 */
export class DataDecoder {
  #state = LINE_END;

  decode(piece: Uint8Array): DecodedData {
    // A CR that was held back is text if no end comes of it.
    const isText = this.#state === FIRST_DOT_CR && piece.length > 0 && piece[0] !== LF;
    const { content, end } = this.#scan(piece);
    return { content: isText ? concatBytes([Uint8Array.of(CR), content]) : content, end };
  }

  #scan(piece: Uint8Array): DecodedData {
    const { length } = piece;
    const kept = new Kept(piece);
    let state = this.#state;
    for (let at = 0; at < length; at++) {
      if (state === TEXT) at = nextOfInterest(piece, at);
      const octet = piece[at];
      if (state === FIRST_DOT_CR && octet === LF) return { content: kept.beforeDot(), end: at + 1 };
      if (state === LINE_END && octet === DOT) kept.leaveOut(at);
      state = stateBehind(state, octet);
    }
    this.#state = state;
    return { content: kept.upTo(state === FIRST_DOT_CR && length > 0 ? length - 1 : length), end: undefined };
  }
}

/** Below this many octets a loop is faster than the engine's own copying. */
const SHORT_RUN = 64;

/** What is kept of a piece: the piece itself, or a copy in which everything moves together. */
class Kept {
  readonly #piece: Uint8Array;
  #bytes: Uint8Array;
  #used = 0;
  /** The piece is taken up to here. */
  #from = 0;
  /** Left out, and what stands before it not yet moved. */
  #dot: number | undefined;

  constructor(piece: Uint8Array) {
    this.#piece = piece;
    this.#bytes = piece;
  }

  leaveOut(at: number): void {
    this.#settle();
    this.#dot = at;
  }

  /** What stands before the last octet that was left out; nothing if none was. */
  beforeDot(): Uint8Array {
    // The dot that ends a message is mostly the only one: nothing has to move for it.
    if (this.#bytes === this.#piece && this.#dot !== undefined) return this.#piece.subarray(0, this.#dot);
    this.#settle();
    return this.#bytes.subarray(0, this.#used);
  }

  upTo(end: number): Uint8Array {
    this.#settle();
    if (this.#bytes !== this.#piece) this.#bytes.copyWithin(this.#used, this.#from, end);
    return this.#bytes.subarray(0, this.#used + end - this.#from);
  }

  /** Moves what stands before the dot to what was kept before. */
  #settle(): void {
    const at = this.#dot;
    if (at === undefined) return;
    const piece = this.#piece;
    // Not by slice(), which does not copy a Buffer.
    if (this.#bytes === piece) this.#bytes = new Uint8Array(piece);
    const bytes = this.#bytes;
    if (at - this.#from < SHORT_RUN) {
      let used = this.#used;
      for (let from = this.#from; from < at; from++) bytes[used++] = piece[from] ?? 0;
    } else bytes.copyWithin(this.#used, this.#from, at);
    this.#used += at - this.#from;
    this.#from = at + 1;
    this.#dot = undefined;
  }
}

/** Within a line only a dot matters that stands behind CR LF: two octets before the next dot, or before the end, whose state the next piece needs. */
function nextOfInterest(piece: Uint8Array, from: number): number {
  const dot = piece.indexOf(DOT, from);
  return Math.max(from, (dot === -1 ? piece.length : dot) - 2);
}

function stateBehind(state: number, octet: number | undefined): number {
  if (octet === CR) return state === FIRST_DOT ? FIRST_DOT_CR : LONE_CR;
  if (octet === LF) return state === LONE_CR ? LINE_END : TEXT;
  return octet === DOT && state === LINE_END ? FIRST_DOT : TEXT;
}
