import { colonAfter, fieldName, isBlank } from './field-name.ts';
import { nextLineStart } from './line-start.ts';

const LF = 10;
const CR = 13;

/** Where a header field stands, with its folded lines and line end: octets from the beginning of the message. */
export interface FieldRange {
  readonly start: number;
  readonly end: number;
}

/**
 * Where fields of these names, in any case, stand in the header of a message (RFC 5322 §2.2), in order; `most` at most. Reads up to the blank line.
 */
export function fieldRanges(message: Uint8Array, names: readonly string[], most: number): FieldRange[] {
  const wanted = names.map(fieldName);
  const ranges: FieldRange[] = [];
  for (let start = 0; start < message.length && ranges.length < most;) {
    const first = message[start] ?? LF;
    if (first === LF || (first === CR && message[start + 1] === LF)) break;
    const end = endOfField(message, start);
    if (wanted.some((name) => colonAfter(message, start, name) !== undefined)) ranges.push({ start, end });
    start = end;
  }
  return ranges;
}

function endOfField(message: Uint8Array, start: number): number {
  let at = start;
  do {
    at = nextLineStart(message, at);
  } while (isBlank(message[at]));
  return at;
}
