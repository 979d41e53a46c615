import { asciiLower, fromLatin1 } from '../../base/text.ts';

const LF = 10;
const CR = 13;

/** Where a header field stands, with its folded lines and line end: octets from the beginning of the message. */
export interface FieldRange {
  readonly start: number;
  readonly end: number;
}

function isBlank(octet: number | undefined): boolean {
  return octet === 32 || octet === 9;
}

/** Whether one of these names, in lower case, stands at the start of a line, with the blanks old software puts before the colon. */
function startsField(line: string, names: readonly string[]): boolean {
  return names.some((name) => line.startsWith(name) && /^[ \t]*:/.test(line.slice(name.length)));
}

/**
 * Where fields of these names, written in lower case, stand in the header of a message (RFC 5322 §2.2), in order; `most` at most. Reads up to the blank line
 * and holds one line start at a time.
 */
export function fieldRanges(message: Uint8Array, names: readonly string[], most: number): FieldRange[] {
  const initials = new Set(names.map((name) => name.charCodeAt(0)));
  const longest = names.reduce((length, name) => Math.max(length, name.length), 0) + 16;
  const ranges: FieldRange[] = [];
  for (let start = 0; start < message.length && ranges.length < most;) {
    const first = message[start] ?? LF;
    if (first === LF || (first === CR && message[start + 1] === LF)) break;
    const end = endOfField(message, start);
    // The lower case of a letter is the letter with this bit; most fields are done with here.
    if (initials.has(first | 0x20)) {
      const line = asciiLower(fromLatin1(message.subarray(start, Math.min(end, start + longest))));
      if (startsField(line, names)) ranges.push({ start, end });
    }
    start = end;
  }
  return ranges;
}

function endOfField(message: Uint8Array, start: number): number {
  let at = start;
  do {
    const lf = message.indexOf(LF, at);
    if (lf < 0) return message.length;
    at = lf + 1;
  } while (isBlank(message[at]));
  return at;
}
