import { DecodeError, InvariantError } from '../../base/errors.ts';
import { Timestamp } from '../../base/instant.ts';
import { Reader } from '../../base/reader.ts';
import { fromUtf8, utf8 } from '../../base/text.ts';
import { Writer } from '../../base/writer.ts';
import { type EntryRecord, decodeEntry, encodeEntry } from './entry-record.ts';
import { readNumber, writeNumber } from './number-field.ts';

/** Record types of the mail store's journal. */
export const MAIL = { MESSAGE: 1, DELIVER: 2, REMOVE: 3, ENTRY: 4, END: 5, READ: 6 } as const;

/** A user's name in UTF-8. */
const MAX_USER_NAME = 255;
/** A record's header may have 65535 bytes; a list that needs more goes on in another record of the same batch. */
const MAX_LIST = 60_000;
const ID_SIZE = 8;

/** A message as received, once for all who get it. */
export interface MessageRecord {
  readonly kind: 'message';
  /** Given once, ever. */
  readonly id: number;
  readonly size: number;
  /** CRC-32 of the message's own file; undefined if the message is the record's payload. */
  readonly blobChecksum: number | undefined;
}

/** Who gets a message. It repeats what a list shows, so that a message whose own record is lost is still seen to be missing. */
export interface DeliverRecord {
  readonly kind: 'deliver';
  readonly id: number;
  readonly size: number;
  readonly received: Timestamp;
  readonly users: readonly string[];
}

/** Messages that left one mailbox, all in the same commit. */
export interface RemoveRecord {
  readonly kind: 'remove';
  readonly user: string;
  /** What it ends is in segments up to this one: the one where it was first written, 0 if this is the first place. */
  readonly through: number;
  readonly ids: readonly number[];
}

/** Entries that left the queue, all in the same commit. */
export interface EndRecord {
  readonly kind: 'end';
  /** As in {@link RemoveRecord}. */
  readonly through: number;
  readonly ids: readonly number[];
}

/** Messages that a user has read whole for the first time. It counts for those that are in the mailbox, and is forgotten with them. */
export interface ReadRecord {
  readonly kind: 'read';
  readonly user: string;
  readonly at: Timestamp;
  readonly ids: readonly number[];
}

export type MailRecord = MessageRecord | DeliverRecord | RemoveRecord | EntryRecord | EndRecord | ReadRecord;

/** A record as the journal takes it, without payload. */
export interface EncodedMail {
  readonly type: number;
  readonly header: Uint8Array;
}

/**
 * ```
 * MESSAGE  id u64, size u64, in a file of its own u8 (0 or 1), CRC-32 of that file u32; payload: the message
 * DELIVER  id u64, size u64, received u64 (milliseconds since 1970), then to the end: length u8 and name of each user
 * REMOVE   user length u8 and name, through u64, then to the end: id u64 of each message
 * ENTRY    entry-record.ts
 * END      through u64, then to the end: id u64 of each entry of the queue
 * READ     user length u8 and name, time u64 (milliseconds since 1970), then to the end: id u64 of each message
 * ```
 */
export function encodeMail(record: MailRecord): EncodedMail {
  const writer = new Writer(64);
  switch (record.kind) {
    case 'message':
      writeNumber(writer, record.id);
      writeNumber(writer, record.size);
      writer.u8(record.blobChecksum === undefined ? 0 : 1).u32(record.blobChecksum ?? 0);
      break;
    case 'deliver':
      writeNumber(writer, record.id);
      writeNumber(writer, record.size);
      writeNumber(writer, record.received);
      for (const user of record.users) writeName(writer, user);
      break;
    case 'remove':
      writeName(writer, record.user);
      writeNumber(writer, record.through);
      writeIds(writer, record.ids);
      break;
    case 'entry':
      encodeEntry(writer, record);
      break;
    case 'end':
      writeNumber(writer, record.through);
      writeIds(writer, record.ids);
      break;
    case 'read':
      writeName(writer, record.user);
      writeNumber(writer, record.at);
      writeIds(writer, record.ids);
      break;
  }
  return { type: TYPES[record.kind], header: writer.finish() };
}

const TYPES = {
  message: MAIL.MESSAGE,
  deliver: MAIL.DELIVER,
  remove: MAIL.REMOVE,
  entry: MAIL.ENTRY,
  end: MAIL.END,
  read: MAIL.READ,
} as const;

/** @throws DecodeError */
export function decodeMail(type: number, header: Uint8Array): MailRecord {
  const reader = new Reader(header);
  const record = decodeBody(type, reader);
  reader.finish();
  return record;
}

function decodeBody(type: number, reader: Reader): MailRecord {
  switch (type) {
    case MAIL.MESSAGE: {
      const id = readNumber(reader);
      const size = readNumber(reader);
      const isBlob = reader.u8() !== 0;
      const checksum = reader.u32();
      return { kind: 'message', id, size, blobChecksum: isBlob ? checksum : undefined };
    }
    case MAIL.DELIVER: {
      const id = readNumber(reader);
      const size = readNumber(reader);
      const received = Timestamp(readNumber(reader));
      const users: string[] = [];
      while (reader.remaining > 0) users.push(readName(reader));
      return { kind: 'deliver', id, size, received, users };
    }
    case MAIL.REMOVE: {
      const user = readName(reader);
      return { kind: 'remove', user, through: readNumber(reader), ids: readIds(reader) };
    }
    case MAIL.ENTRY:
      return decodeEntry(reader);
    case MAIL.END:
      return { kind: 'end', through: readNumber(reader), ids: readIds(reader) };
    case MAIL.READ: {
      const user = readName(reader);
      return { kind: 'read', user, at: Timestamp(readNumber(reader)), ids: readIds(reader) };
    }
    default:
      throw new DecodeError(`Cannot read a mail record of type ${type}`, { offset: 0, path: '' });
  }
}

/** The records that deliver a message to any number of users. */
export function deliverRecords(record: DeliverRecord): DeliverRecord[] {
  const perRecord = Math.floor(MAX_LIST / (MAX_USER_NAME + 1));
  return chunks(record.users, perRecord).map((users) => ({ ...record, users }));
}

/** The records that remove any number of messages from a mailbox. */
export function removeRecords(user: string, ids: readonly number[]): RemoveRecord[] {
  return chunks(ids, MAX_LIST / ID_SIZE).map((part) => ({ kind: 'remove', user, through: 0, ids: part }));
}

/** The records that end any number of entries of the queue. */
export function endRecords(ids: readonly number[]): EndRecord[] {
  return chunks(ids, MAX_LIST / ID_SIZE).map((part) => ({ kind: 'end', through: 0, ids: part }));
}

/** The records that date any number of messages of a mailbox. */
export function readRecords(user: string, ids: readonly number[], at: Timestamp): ReadRecord[] {
  return chunks(ids, MAX_LIST / ID_SIZE).map((part) => ({ kind: 'read', user, at, ids: part }));
}

function chunks<T>(list: readonly T[], size: number): T[][] {
  const parts: T[][] = [];
  for (let at = 0; at < list.length; at += size) parts.push(list.slice(at, at + size));
  return parts;
}

function writeName(writer: Writer, name: string): void {
  const bytes = utf8(name);
  if (bytes.length > MAX_USER_NAME) {
    throw new InvariantError(
      `Cannot use a user name of ${bytes.length} bytes in the mail store: at most ${MAX_USER_NAME} fit`,
    );
  }
  writer.u8(bytes.length).bytes(bytes);
}

function readName(reader: Reader): string {
  const bytes = reader.bytes(reader.u8());
  // Nearly all names are short ASCII, and an opening reads one for each message: the decoder of UTF-8 takes longer than all the rest.
  let name = '';
  for (const byte of bytes) {
    if (byte >= 0x80) return fromUtf8(bytes);
    name += String.fromCharCode(byte);
  }
  return name;
}

function writeIds(writer: Writer, ids: readonly number[]): void {
  for (const id of ids) writeNumber(writer, id);
}

function readIds(reader: Reader): number[] {
  const ids: number[] = [];
  while (reader.remaining > 0) ids.push(readNumber(reader));
  return ids;
}
