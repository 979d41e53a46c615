import { InvariantError } from '../../base/errors.ts';
import { Timestamp } from '../../base/instant.ts';
import type { Reader } from '../../base/reader.ts';
import { fromUtf8, utf8 } from '../../base/text.ts';
import type { Writer } from '../../base/writer.ts';
import type { NotifyWish, QueueEntry } from '../../port/mail-queue.ts';
import { readNumber, writeNumber } from './number-field.ts';

/** Addresses have at most 320 octets, ENVID 100 and ORCPT 500 (RFC 5321 section 4.5.3.1, RFC 3461 section 4); what is longer is ours. */
export const MAX_ENTRY_TEXT = 2000;
/** Characters kept of a reply; the rest is cut off. Four bytes each in UTF-8 still fit beside the other texts. */
export const MAX_REPLY = 2000;

/** An entry of the queue as it is from now on: the last record of an entry holds. */
export interface EntryRecord extends Omit<QueueEntry, 'domain'> {
  readonly kind: 'entry';
}

const FLAG = { HELD: 1, DELAY_NOTIFIED: 2 } as const;
const RETURNS = [undefined, 'full', 'headers'] as const;
const NOTIFY_GIVEN = 128;
const WISHES: readonly NotifyWish[] = ['success', 'failure', 'delay'];

/**
 * ```
 * id u64, message's id u64, message's size u64, accepted u64, next attempt u64, last attempt u64 (0: none), attempts u32,
 * flags u8 (1 held, 2 delay notice sent), RET u8 (0 not given, 1 FULL, 2 HDRS), NOTIFY u8 (0 not given; 128 and 1 success, 2 failure, 4 delay),
 * then length u16 and UTF-8 of: sender, recipient, ENVID, ORCPT, last reply; an empty ENVID or ORCPT was not given
 * ```
 * All of it in every record, the message's size too: each alone tells what there is to know of the entry, whatever else may be damaged.
 */
export function encodeEntry(writer: Writer, entry: EntryRecord): void {
  for (const number of [entry.id, entry.message, entry.size, entry.accepted, entry.nextAttempt]) {
    writeNumber(writer, number);
  }
  writeNumber(writer, entry.lastAttempt ?? 0);
  const flags = (entry.isHeld ? FLAG.HELD : 0) | (entry.isDelayNotified ? FLAG.DELAY_NOTIFIED : 0);
  writer.u32(entry.attempts).u8(flags).u8(RETURNS.indexOf(entry.returns));
  writer.u8(notifyCode(entry.recipient.notify));
  const { address, originalRecipient = '' } = entry.recipient;
  for (const text of [entry.sender, address, entry.envelopeId ?? '', originalRecipient]) {
    if (text.length > MAX_ENTRY_TEXT) {
      throw new InvariantError(
        `Cannot queue mail with an address of ${text.length} characters: at most ${MAX_ENTRY_TEXT} fit`,
      );
    }
    writeText(writer, text);
  }
  writeText(writer, entry.lastReply.slice(0, MAX_REPLY));
}

/** @throws DecodeError */
export function decodeEntry(reader: Reader): EntryRecord {
  const [id, message, size] = [readNumber(reader), readNumber(reader), readNumber(reader)];
  const [accepted, nextAttempt, lastAttempt] = [readTime(reader), readTime(reader), readTime(reader)];
  const [attempts, flags] = [reader.u32(), reader.u8()];
  const [returns, notify] = [RETURNS[reader.u8()], wishesOf(reader.u8())];
  const [sender, address, envelopeId, originalRecipient, lastReply] = [
    readText(reader),
    readText(reader),
    readText(reader),
    readText(reader),
    readText(reader),
  ];
  return {
    kind: 'entry',
    id,
    message,
    size,
    accepted,
    nextAttempt,
    lastAttempt: lastAttempt === 0 ? undefined : lastAttempt,
    attempts,
    isHeld: (flags & FLAG.HELD) !== 0,
    isDelayNotified: (flags & FLAG.DELAY_NOTIFIED) !== 0,
    returns,
    sender,
    recipient: { address, notify, originalRecipient: originalRecipient || undefined },
    envelopeId: envelopeId || undefined,
    lastReply,
  };
}

/** What stands behind the last `@`, in lower case; empty if there is none. */
export function domainOf(address: string): string {
  const at = address.lastIndexOf('@');
  return at < 0 ? '' : address.slice(at + 1).toLowerCase();
}

function notifyCode(notify: readonly NotifyWish[] | undefined): number {
  if (notify === undefined) return 0;
  return notify.reduce((code, wish) => code | (1 << WISHES.indexOf(wish)), NOTIFY_GIVEN);
}

function wishesOf(code: number): readonly NotifyWish[] | undefined {
  return code === 0 ? undefined : WISHES.filter((_, bit) => (code & (1 << bit)) !== 0);
}

function writeText(writer: Writer, text: string): void {
  const bytes = utf8(text);
  writer.u16(bytes.length).bytes(bytes);
}

function readText(reader: Reader): string {
  return fromUtf8(reader.bytes(reader.u16()));
}

function readTime(reader: Reader): Timestamp {
  return Timestamp(readNumber(reader));
}
