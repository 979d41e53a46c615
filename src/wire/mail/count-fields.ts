import { asciiLower, fromLatin1 } from '../../base/text.ts';

const LF = 10;
const CR = 13;

/** The header field `name` (any case) at the start of a line, with the spaces old software puts before the colon. */
function startsField(line: string, name: string): boolean {
  if (asciiLower(line.slice(0, name.length)) !== name) return false;
  return /^[ \t]*:/.test(line.slice(name.length));
}

/**
 * How often a field occurs in the header of a message (RFC 5322 §2.2), folded lines counted once. Reads up to the
 * blank line and holds one line start at a time, so its work is bounded by the message.
 */
export function countFields(message: Uint8Array, name: string): number {
  const wanted = asciiLower(name);
  const initial = wanted.charCodeAt(0);
  let count = 0;
  let start = 0;
  while (start < message.length) {
    const first = message[start];
    if (first === LF || (first === CR && message[start + 1] === LF)) break;
    // The lower case of a letter is the letter with this bit; most lines are done with here.
    if (((first ?? 0) | 0x20) === initial) {
      const head = fromLatin1(message.subarray(start, start + wanted.length + 16));
      if (startsField(head, wanted)) count++;
    }
    const lf = message.indexOf(LF, start);
    if (lf < 0) break;
    start = lf + 1;
  }
  return count;
}
