import { concatBytes } from '../../src/base/bytes.ts';
import { latin1 } from '../../src/base/text.ts';

const ESCAPE = 0xff;

/**
 * The dialogue that an input stands for: each octet is one of the words, or, behind 0xff, itself. Changed octets are then other words in another
 * order, which gets much deeper into a protocol than changed letters.
 */
export function spell(input: Uint8Array, words: readonly string[]): Uint8Array {
  const parts: Uint8Array[] = [];
  for (let at = 0; at < input.length; at++) {
    const octet = input[at] ?? 0;
    if (octet === ESCAPE) parts.push(input.subarray(++at, at + 1));
    else parts.push(latin1(words[octet % words.length] ?? ''));
  }
  return concatBytes(parts);
}

/** The octets in pieces as a network may cut them, by the bits of a number; at most eight. */
export function cutUp(bytes: Uint8Array, choice: number): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  let start = 0;
  for (let bit = 0; bit < 7 && start < bytes.length; bit++) {
    if (((choice >> bit) & 1) === 0) continue;
    const end = Math.min(
      bytes.length,
      start + 1 + ((choice * (bit + 3)) % Math.max(1, bytes.length - start)),
    );
    pieces.push(bytes.subarray(start, end));
    start = end;
  }
  return start < bytes.length ? [...pieces, bytes.subarray(start)] : pieces;
}
