import { DecodeError } from '../../base/errors.ts';
import type { Writer } from '../../base/writer.ts';
import { type DomainName, LONGEST_NAME, labelsOf, nameOfLabels } from './domain-name.ts';

/** Compression pointers followed for one name. A name has at most 127 labels, so an honest one needs no more. */
const MOST_POINTERS = 127;

/** A name found in a message and the offset of what follows it there. */
export interface FoundName {
  readonly name: DomainName;
  readonly next: number;
}

function failure(message: string, offset: number): DecodeError {
  return new DecodeError(message, { offset, path: 'name' });
}

function pointerAt(message: Uint8Array, at: number): number {
  const [high, low] = message.subarray(at, at + 2);
  if (high === undefined || low === undefined || high < 0xc0)
    throw failure('The label has an unknown type', at);
  return ((high & 0x3f) << 8) | low;
}

/**
 * Reads the name at `offset` of a whole message: labels of a length octet and up to 63 octets, ended by a zero octet or by a
 * two-octet pointer (top bits 11) to an earlier place (RFC 1035 section 4.1.4). Every pointer must lead before the part it
 * ends, so that none loops.
 * @throws DecodeError
 */
export function readName(message: Uint8Array, offset: number): FoundName {
  const labels: Uint8Array[] = [];
  let [at, start, octets, pointers] = [offset, offset, 1, 0];
  let next: number | undefined;
  for (;;) {
    const length = message[at];
    if (length === undefined) throw failure('The message ends within a name', at);
    if (length === 0) return { name: nameOfLabels(labels), next: next ?? at + 1 };
    if (length >= 0x40) {
      next ??= at + 2;
      at = pointerAt(message, at);
      if (at >= start || ++pointers > MOST_POINTERS) throw failure('The pointer does not lead back', at);
      start = at;
      continue;
    }
    const label = message.subarray(at + 1, at + 1 + length);
    octets += length + 1;
    if (label.length !== length) throw failure('The message ends within a label', at);
    if (octets > LONGEST_NAME) throw failure(`The name is longer than ${LONGEST_NAME} octets`, at);
    labels.push(label);
    at += length + 1;
  }
}

/** The offset after the name at `offset`, without following its pointer. @throws DecodeError */
export function skipName(message: Uint8Array, offset: number): number {
  for (let at = offset; ;) {
    const length = message[at];
    if (length === undefined) throw failure('The message ends within a name', at);
    if (length === 0) return at + 1;
    if (length >= 0xc0) return at + 2;
    if (length >= 0x40) throw failure('The label has an unknown type', at);
    at += length + 1;
  }
}

/** Writes a name without compression. */
export function writeName(writer: Writer, name: DomainName): void {
  for (const label of labelsOf(name)) writer.u8(label.length).bytes(label);
  writer.u8(0);
}
