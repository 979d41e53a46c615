import { CLASS, HEADER_BIT, RCODE, TYPE } from '../../wire/dns/constants.ts';
import type { Question } from '../../wire/dns/message.ts';
import { type PackedMessage, type PackedRecord, viewOf } from '../../wire/dns/packed.ts';

/** Seconds a positive answer is kept at most, whatever it says: a changed record is seen within a day. */
export const LONGEST_LIFE = 86_400;

/** Seconds a negative answer is kept at most (RFC 2308 section 5 recommends one to three hours). */
const LONGEST_NEGATIVE_LIFE = 3600;

/** A time to live with the top bit set counts as zero (RFC 2181 section 8). */
export function ttlOf(record: PackedRecord): number {
  return record.ttl > 0x7fff_ffff ? 0 : record.ttl;
}

/** Whether the answer says that the name or the type does not exist. */
function isNegative(message: PackedMessage, question: Question): boolean {
  if (message.rcode === RCODE.NXDOMAIN) return true;
  return !message.records.some(
    (record) => record.section === 'answer' && (record.type === question.type || question.type === TYPE.ANY),
  );
}

/** The SOA record's last field limits negative answers, together with its own time to live (RFC 2308 section 5). */
function negativeLife(message: PackedMessage): number {
  const soa = message.records.find(
    (record) => record.section === 'authority' && record.type === TYPE.SOA && record.class === CLASS.IN,
  );
  // Without a SOA record nothing tells how long the absence holds, and a referral looks the same.
  if (soa === undefined || soa.dataLength < 22) return 0;
  const minimum = viewOf(message.bytes).getUint32(soa.dataAt + soa.dataLength - 4);
  return Math.min(ttlOf(soa), minimum, LONGEST_NEGATIVE_LIFE);
}

/** How many seconds an upstream's answer may be kept; 0 for what is not kept: failures, cut messages, absences without a SOA record. */
export function lifetimeOf(message: PackedMessage, question: Question): number {
  const isKept = message.rcode === RCODE.NOERROR || message.rcode === RCODE.NXDOMAIN;
  if (!isKept || (message.word & HEADER_BIT.TC) !== 0) return 0;
  const shortest = message.records.reduce((life, record) => Math.min(life, ttlOf(record)), LONGEST_LIFE);
  return isNegative(message, question) ? Math.min(shortest, negativeLife(message)) : shortest;
}
