import { InvariantError } from '../../base/errors.ts';
import type { Reader } from '../../base/reader.ts';
import { fromLatin1, latin1 } from '../../base/text.ts';
import type { Writer } from '../../base/writer.ts';
import type { Field } from '../field/field.ts';

/** A name has at most 255 octets (RFC 1035 §2.3.4), so also at most this many labels and pointers. */
const MAX_NAME_OCTETS = 255;
/** Characters of a name as dotted text: the first length and the final zero are not seen there. */
export const MAX_NAME_TEXT = MAX_NAME_OCTETS - 2;

/**
 * Octets of all names of a list, those behind pointers counted each time: an option of one frame can point at a name of 127 labels seven hundred times. A list with
 * more is refused; what an owner can set has 1024.
 */
export const MAX_LIST_OCTETS = 4096;

interface Place {
  readonly labels: readonly string[];
  readonly octets: number;
  /** Offset behind the name where it was read, not where its pointers led. */
  readonly next: number;
}

function readNameAt(reader: Reader, start: number): Place {
  const bytes = reader.whole;
  const labels: string[] = [];
  let at = start;
  let next: number | undefined;
  let octets = 1;
  for (;;) {
    const length = bytes[at];
    if (length === undefined) throw reader.error('the name runs past the end of the option');
    if (length === 0) return { labels, octets, next: next ?? at + 1 };
    if (length >= 0xc0) {
      const target = ((length & 0x3f) << 8) | (bytes[at + 1] ?? 0xff);
      if (target >= at) throw reader.error('the compression pointer does not point backwards');
      next ??= at + 2;
      // Backwards only still allows label-pointer loops; the octet count below ends them.
      at = target;
      octets++;
    } else {
      if (length > 63 || at + 1 + length > bytes.length) throw reader.error('the label is too long');
      labels.push(fromLatin1(bytes.subarray(at + 1, at + 1 + length)));
      at += 1 + length;
      octets += 1 + length;
    }
    if (octets > MAX_NAME_OCTETS) throw reader.error(`the name has more than ${MAX_NAME_OCTETS} octets`);
  }
}

/** Writes one uncompressed name in wire form; a trailing dot is accepted. @throws InvariantError for labels that do not fit. */
export function writeName(writer: Writer, name: string): void {
  const labels = name.replace(/\.$/, '').split('.');
  for (const label of name === '' || name === '.' ? [] : labels) {
    if (label.length === 0 || label.length > 63 || name.length > MAX_NAME_TEXT) {
      throw new InvariantError(`Cannot write "${name}" as a domain name`);
    }
    writer.u8(label.length).bytes(latin1(label));
  }
  writer.u8(0);
}

/**
 * Domain names in DNS wire form one after the other (RFC 3397 §2): compression pointers count from the first byte of
 * the option's whole value and are read, never written. Names are dotted text without the trailing dot.
 */
export const nameList: Field<readonly string[]> = {
  decode(reader) {
    const names: string[] = [];
    let octets = 0;
    while (reader.remaining > 0) {
      const place = readNameAt(reader, reader.position);
      octets += place.octets;
      if (octets > MAX_LIST_OCTETS) throw reader.error(`the names have more than ${MAX_LIST_OCTETS} octets`);
      names.push(place.labels.join('.'));
      reader.skip(place.next - reader.position);
    }
    if (names.length === 0) throw reader.error('at least one name is wanted');
    return names;
  },
  encode(writer, names) {
    for (const name of names) writeName(writer, name);
  },
};
