const NUL = 0;
const LF = 10;
const CR = 13;

export type ForbiddenOctet = 'bare CR' | 'bare LF' | 'NUL';

/**
 * The first octet no mail may contain (RFC 5321 §2.3.8 and §4.5.2, RFC 5322 §2.3): CR and LF outside of CRLF, which
 * others take for line ends and so for the end of the message ("SMTP smuggling"), and NUL.
 */
export function findForbiddenOctet(message: Uint8Array): ForbiddenOctet | undefined {
  // Every octet of every mail is looked at, so four at a time where they are text.
  const head = -message.byteOffset & 3;
  const words = wordsOf(message, head);
  for (let at = 0; at < message.length; at++) {
    if (at >= head && ((at - head) & 3) === 0) at = head + 4 * skipText(words, (at - head) >> 2);
    const octet = message[at];
    if (octet === undefined) return undefined;
    if (octet > CR) continue;
    if (octet === NUL) return 'NUL';
    if (octet === LF) return 'bare LF';
    if (octet !== CR) continue;
    if (message[at + 1] !== LF) return 'bare CR';
    at++;
  }
  return undefined;
}

/** The message from its octet `head` on, by fours; the last up to three octets are in none. */
function wordsOf(message: Uint8Array, head: number): Int32Array {
  const count = Math.max(0, (message.length - head) >> 2);
  return count === 0 ? new Int32Array(0) : new Int32Array(message.buffer, message.byteOffset + head, count);
}

/** The first word from `word` on that contains an octet below 14, or the count of words: such an octet alone borrows from its topmost bit while that bit is clear. */
function skipText(words: Int32Array, word: number): number {
  const { length } = words;
  let at = word;
  for (; at < length; at++) {
    const four = words[at] ?? 0;
    if (((four - 0x0e0e0e0e) & ~four & 0x80808080) !== 0) break;
  }
  return at;
}
