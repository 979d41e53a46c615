import { DecodeError } from '../../base/errors.ts';
import { HEADER_BIT } from './constants.ts';
import type { DnsRecord, Message } from './message.ts';
import { readName } from './name.ts';
import { type PackedRecord, scanMessage } from './packed.ts';
import { decodeData } from './record-data.ts';

/**
 * Records of a message that is read as values, each with up to three names of 127 labels behind pointers: four thousand, which fit a message, take a quarter of a
 * second. With more it is malformed for whoever wants its values.
 */
export const MOST_RECORDS = 500;

/**
 * A message as values. Names within the data of records must be of visible ASCII without dots or backslashes in a label;
 * what is only passed on is handled by {@link scanMessage}, which takes every name.
 * @throws DecodeError, never anything else
 */
export function decodeMessage(bytes: Uint8Array): Message {
  const packed = scanMessage(bytes);
  if (packed.records.length > MOST_RECORDS)
    throw new DecodeError(`${packed.records.length} records are too many`, { offset: 0, path: 'message' });
  const records = (section: PackedRecord['section']): DnsRecord[] =>
    packed.records
      .filter((record) => record.section === section)
      .map((record) => ({
        name: readName(bytes, record.at).name,
        class: record.class,
        ttl: record.ttl,
        data: decodeData(bytes, record),
      }));
  const has = (bit: number): boolean => (packed.word & bit) !== 0;
  return {
    id: packed.id,
    opcode: packed.opcode,
    flags: {
      response: has(HEADER_BIT.QR),
      authoritative: has(HEADER_BIT.AA),
      truncated: has(HEADER_BIT.TC),
      recursionDesired: has(HEADER_BIT.RD),
      recursionAvailable: has(HEADER_BIT.RA),
      authenticData: has(HEADER_BIT.AD),
      checkingDisabled: has(HEADER_BIT.CD),
    },
    rcode: packed.rcode,
    questions: packed.questions,
    answers: records('answer'),
    authorities: records('authority'),
    additionals: records('additional'),
    ...(packed.edns === undefined ? {} : { edns: packed.edns }),
  };
}
