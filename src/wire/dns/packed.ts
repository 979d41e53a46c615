import { DecodeError } from '../../base/errors.ts';
import { HEADER_BIT, HEADER_LENGTH, TYPE } from './constants.ts';
import type { Edns, Question } from './message.ts';
import { readName, skipName } from './name.ts';

// Answers are cached and passed on as the octets they came in: nothing an upstream says is changed but its id, its times to
// live and its OPT record, and a hit costs no decoding. These functions find those places.

/**
 * Questions of a message. An honest one has one at most (RFC 9619); each may point at a name of 127 labels, and ten thousand of them, which fit a message, take a
 * fifth of a second. With more it is malformed.
 */
export const MOST_QUESTIONS = 16;

/** Where one record lies within a message. */
export interface PackedRecord {
  readonly section: 'answer' | 'authority' | 'additional';
  readonly type: number;
  readonly class: number;
  /** Seconds, as on the wire. */
  readonly ttl: number;
  /** Offset of the owner's name. */
  readonly at: number;
  /** Offset of the 32-bit time to live. */
  readonly ttlAt: number;
  readonly dataAt: number;
  readonly dataLength: number;
}

/** A message checked from its first octet to its last, with the places of its parts. */
export interface PackedMessage {
  readonly bytes: Uint8Array;
  readonly id: number;
  /** The header's second word: flags, opcode and the low four bits of the response code. */
  readonly word: number;
  readonly opcode: number;
  /** With the upper bits of the OPT record if there is one. */
  readonly rcode: number;
  readonly questions: readonly Question[];
  /** Offset after the last question. */
  readonly questionEnd: number;
  /** Every record but OPT. */
  readonly records: readonly PackedRecord[];
  readonly edns: Edns | undefined;
  /** Offset of the OPT record. */
  readonly ednsAt: number | undefined;
}

/** A view for reading numbers of a message. */
export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function failure(message: string, offset: number, path: string): DecodeError {
  return new DecodeError(message, { offset, path });
}

function scanQuestion(bytes: Uint8Array, view: DataView, offset: number): [Question, number] {
  const { name, next } = readName(bytes, offset);
  if (next + 4 > bytes.length) throw failure('The message ends within a question', next, 'question');
  return [{ name, type: view.getUint16(next), class: view.getUint16(next + 2) }, next + 4];
}

function scanRecord(view: DataView, at: number, section: PackedRecord['section']): PackedRecord {
  const bytes = new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
  const next = skipName(bytes, at);
  if (next + 10 > bytes.length) throw failure('The message ends within a record', next, section);
  const dataLength = view.getUint16(next + 8);
  if (next + 10 + dataLength > bytes.length)
    throw failure('The message ends within the data of a record', next, section);
  return {
    section,
    type: view.getUint16(next),
    class: view.getUint16(next + 2),
    ttl: view.getUint32(next + 4),
    at,
    ttlAt: next + 4,
    dataAt: next + 10,
    dataLength,
  };
}

/** The OPT record keeps its size in the class field, and the upper response code, version and flags in the TTL (RFC 6891 section 6.1.2). */
function ednsOf(opt: PackedRecord): Edns {
  return { udpSize: opt.class, version: (opt.ttl >>> 16) & 255, dnssecOk: (opt.ttl & 0x8000) !== 0 };
}

interface ScannedRecords {
  readonly records: readonly PackedRecord[];
  readonly opt: PackedRecord | undefined;
}

function scanRecords(view: DataView, start: number): ScannedRecords {
  const records: PackedRecord[] = [];
  let opt: PackedRecord | undefined;
  let at = start;
  for (const [index, section] of (['answer', 'authority', 'additional'] as const).entries()) {
    for (let left = view.getUint16(6 + 2 * index); left > 0; left--) {
      const record = scanRecord(view, at, section);
      at = record.dataAt + record.dataLength;
      if (record.type !== TYPE.OPT) records.push(record);
      else if (opt === undefined && section === 'additional' && record.ttlAt === record.at + 5) opt = record;
      else throw failure('The OPT record is out of place', record.at, section);
    }
  }
  if (at !== view.byteLength) throw failure(`${view.byteLength - at} octets left over`, at, 'message');
  return { records, opt };
}

/**
 * Walks over a message. Work is bounded by its length: what the four counts promise must be there, octet for octet, and nothing
 * may be left over.
 * @throws DecodeError
 */
export function scanMessage(bytes: Uint8Array): PackedMessage {
  if (bytes.length < HEADER_LENGTH) throw failure('The message is shorter than a header', 0, 'header');
  const view = viewOf(bytes);
  let questionEnd = HEADER_LENGTH;
  const questions: Question[] = [];
  const count = view.getUint16(4);
  if (count > MOST_QUESTIONS) throw failure(`${count} questions are too many`, 4, 'header');
  for (let left = count; left > 0; left--) {
    const [question, next] = scanQuestion(bytes, view, questionEnd);
    questions.push(question);
    questionEnd = next;
  }
  const { records, opt } = scanRecords(view, questionEnd);
  const word = view.getUint16(2);
  return {
    bytes,
    id: view.getUint16(0),
    word,
    opcode: (word >>> 11) & 15,
    rcode: (word & 15) | (((opt?.ttl ?? 0) >>> 24) << 4),
    questions,
    questionEnd,
    records,
    edns: opt === undefined ? undefined : ednsOf(opt),
    ednsAt: opt?.at,
  };
}

/** Whether the message is a response; false for what is too short to say. */
export function isResponse(bytes: Uint8Array): boolean {
  return ((bytes[2] ?? 0) & (HEADER_BIT.QR >>> 8)) !== 0;
}

/** Overwrites the id in place. */
export function patchId(bytes: Uint8Array, id: number): void {
  viewOf(bytes).setUint16(0, id);
}

/**
 * A copy without the OPT record, which is for one hop only (RFC 6891 section 6.1.1). Records after it are dropped too: they
 * are additional, and moving them would break names that point at them.
 */
export function withoutEdns(message: PackedMessage): Uint8Array<ArrayBuffer> {
  if (message.ednsAt === undefined) return message.bytes.slice();
  const { ednsAt } = message;
  const copy = message.bytes.slice(0, ednsAt);
  const additionals = message.records.filter(
    (record) => record.section === 'additional' && record.at < ednsAt,
  );
  viewOf(copy).setUint16(10, additionals.length);
  return copy;
}

/** The message without its additional records, OPT among them. */
export function withoutAdditionals(message: PackedMessage): PackedMessage {
  const records = message.records.filter(({ section }) => section !== 'additional');
  const last = records.at(-1);
  const bytes = message.bytes.slice(
    0,
    last === undefined ? message.questionEnd : last.dataAt + last.dataLength,
  );
  viewOf(bytes).setUint16(10, 0);
  return { ...message, bytes, records, edns: undefined, ednsAt: undefined };
}

/** Octets {@link appendEdns} adds. */
const EDNS_LENGTH = 11;

/** A copy with an OPT record at the end; `rcode` gives its upper bits. The message must have none. */
export function appendEdns(message: Uint8Array, edns: Edns, rcode = 0): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(message.length + EDNS_LENGTH);
  whole.set(message);
  const view = viewOf(whole);
  view.setUint16(10, view.getUint16(10) + 1);
  view.setUint16(message.length + 1, TYPE.OPT);
  view.setUint16(message.length + 3, edns.udpSize);
  view.setUint8(message.length + 5, rcode >>> 4);
  view.setUint8(message.length + 6, edns.version);
  view.setUint16(message.length + 7, edns.dnssecOk ? 0x8000 : 0);
  return whole;
}
