const LF = 10;
const CR = 13;
const DOT = 0x2e;

const DOT_BYTES = Buffer.from('.');
const CRLF = Buffer.from('\r\n');
const TERMINATOR = Buffer.from('.\r\n');

/** Octets of the blocks in which a message is sent. */
export const BLOCK_SIZE = 65_536;

/**
 * The pieces of a multi-line reply (RFC 1939 §3): a dot before each line that begins with one, the last line ended, the
 * terminator. A bare LF goes out as CRLF: sent as it is, a line "." behind it would end the reply for half of the readers.
 */
function* pieces(message: Uint8Array): Generator<Uint8Array> {
  let start = 0;
  while (start < message.length) {
    if (message[start] === DOT) yield DOT_BYTES;
    const lf = message.indexOf(LF, start);
    const end = lf < 0 ? message.length : lf;
    if (lf > start && message[lf - 1] === CR) yield message.subarray(start, lf + 1);
    else {
      yield message.subarray(start, end);
      yield CRLF;
    }
    start = end + 1;
  }
  yield TERMINATOR;
}

/** The same octets in blocks of {@link BLOCK_SIZE}; each is fresh, as the socket may keep it. */
export function* inBlocks(parts: Iterable<Uint8Array>): Generator<Uint8Array> {
  let block = new Uint8Array(BLOCK_SIZE);
  let used = 0;
  for (const part of parts) {
    for (let at = 0; at < part.length;) {
      const take = Math.min(part.length - at, BLOCK_SIZE - used);
      block.set(part.subarray(at, at + take), used);
      at += take;
      used += take;
      if (used === BLOCK_SIZE) {
        yield block;
        block = new Uint8Array(BLOCK_SIZE);
        used = 0;
      }
    }
  }
  if (used > 0) yield block.subarray(0, used);
}

/** A message as the body of a multi-line reply, terminator included. */
export function dotStuffed(message: Uint8Array): Generator<Uint8Array> {
  return inBlocks(pieces(message));
}

/** Where the header, the blank line and the first `lines` lines of the body end (RFC 1939 §7, TOP). */
export function topEnd(message: Uint8Array, lines: number): number {
  let start = 0;
  let left = -1;
  while (start < message.length && left !== 0) {
    const lf = message.indexOf(LF, start);
    if (lf < 0) return message.length;
    const isBlank = lf === start || (lf === start + 1 && message[start] === CR);
    if (left > 0) left--;
    else if (isBlank) left = lines;
    start = lf + 1;
  }
  return start;
}
