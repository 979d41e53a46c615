import { fromLatin1 } from '../../base/text.ts';
import { colonAfter, fieldName } from './field-name.ts';
import { nextLineStart } from './line-start.ts';

const LF = 10;
const CR = 13;

/** What a search for header fields looks at. */
export interface FieldSearch {
  /** In any case. */
  readonly name: string;
  /** Bodies longer than this are cut. */
  readonly octets: number;
  /** Further ones are not looked at. */
  readonly most: number;
}

/**
 * The bodies of all fields of one name in the header of a message (RFC 5322 §2.2), top first, as far as the end of their first line, without surrounding
 * blanks; the octets as characters. Reads up to the blank line.
 */
export function findFields(message: Uint8Array, { name, octets, most }: FieldSearch): string[] {
  const wanted = fieldName(name);
  const bodies: string[] = [];
  let start = 0;
  while (start < message.length && bodies.length < most) {
    const first = message[start];
    if (first === LF || (first === CR && message[start + 1] === LF)) break;
    const end = nextLineStart(message, start);
    const colon = colonAfter(message, start, wanted);
    if (colon !== undefined) {
      bodies.push(fromLatin1(message.subarray(colon + 1, Math.min(end, colon + 1 + octets))).trim());
    }
    start = end;
  }
  return bodies;
}
