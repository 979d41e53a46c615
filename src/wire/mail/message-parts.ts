import { nextLineStart } from './line-start.ts';

const CR = 13;
const LF = 10;

/**
 * The header fields with their line ends, without the empty line behind them; as much of them as is within `most` octets, in whole lines. Lines end with CRLF;
 * without an empty line all of it is header.
 */
export function headerOf(message: Uint8Array, most = message.length): Uint8Array {
  let at = 0;
  while (at < message.length && !(message[at] === CR && message[at + 1] === LF)) {
    const end = nextLineStart(message, at);
    if (end > most) break;
    at = end;
  }
  return message.subarray(0, at);
}

/** Whether it has an octet beyond ASCII. */
export function isEightBit(bytes: Uint8Array): boolean {
  for (const octet of bytes) if (octet > 127) return true;
  return false;
}
