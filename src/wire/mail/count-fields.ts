import { colonAfter, fieldName } from './field-name.ts';
import { nextLineStart } from './line-start.ts';

const LF = 10;
const CR = 13;

/**
 * How often a field occurs in the header of a message (RFC 5322 §2.2), folded lines counted once. Reads up to the
 * blank line and holds nothing of it, so its work is bounded by the message.
 */
export function countFields(message: Uint8Array, name: string): number {
  const wanted = fieldName(name);
  let count = 0;
  let start = 0;
  while (start < message.length) {
    const first = message[start];
    if (first === LF || (first === CR && message[start + 1] === LF)) break;
    if (colonAfter(message, start, wanted) !== undefined) count++;
    start = nextLineStart(message, start);
  }
  return count;
}
