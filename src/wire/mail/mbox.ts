import { concatBytes } from '../../base/bytes.ts';
import { Timestamp } from '../../base/instant.ts';
import { fromLatin1, latin1 } from '../../base/text.ts';

/*
 * The mbox format in its mboxrd form: each message after a line `From SENDER DATE`, with one more `>` before every line of it that is `From ` after any
 * number of `>`, and with an empty line behind it. RFC 4155 describes the family; only mboxrd gives back every byte.
 */

const LF = 10;
const GREATER = 0x3e;
const FROM = latin1('From ');
/** No mail has a longer line (RFC 5322 §2.1.1 allows 998); a message with one counts as too large. */
const LONGEST_LINE = 1024 * 1024;
/** The longest `From ` line that is looked at for its date. */
const LONGEST_FROM = 1000;

const DAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'] as const;
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'] as const;

/** A message of an mbox file, lines ended by LF. */
export interface MboxMessage {
  /** Without brackets; empty for the null sender. */
  readonly sender: string;
  /** Undefined if the `From ` line does not tell it. */
  readonly received: Timestamp | undefined;
  readonly content: Uint8Array;
}

/** A message as it stands in the file, with the `From ` line and the empty line behind it. A last line without its end gets one. */
export function encodeMbox({ sender, received, content }: MboxMessage): Uint8Array[] {
  const from = `From ${sender === '' ? 'MAILER-DAEMON' : sender.replaceAll(/\s/g, '_')} ${asctime(received ?? Timestamp(0))}\n`;
  const isEnded = content.length === 0 || content.at(-1) === LF;
  return [latin1(from), quoted(content), latin1(isEnded ? '\n' : '\n\n')];
}

/** `Thu Jan 15 12:00:00 2026`, always UTC. */
function asctime(time: Timestamp): string {
  const date = new Date(time);
  const clock = [date.getUTCHours(), date.getUTCMinutes(), date.getUTCSeconds()]
    .map((part) => String(part).padStart(2, '0'))
    .join(':');
  const day = String(date.getUTCDate()).padStart(2, ' ');
  return `${DAYS[date.getUTCDay()]} ${MONTHS[date.getUTCMonth()]} ${day} ${clock} ${date.getUTCFullYear()}`;
}

const DATE = /(\w{3}) +(\d{1,2}) (\d\d):(\d\d):(\d\d) (?:[A-Za-z0-9+-]+ )?(\d{4})\b/;

/** What a `From ` line tells, without its end. */
function parseFrom(line: Uint8Array): Pick<MboxMessage, 'sender' | 'received'> {
  const text = fromLatin1(line.subarray(0, LONGEST_FROM));
  const sender = /^From (\S*)/.exec(text)?.[1] ?? '';
  return { sender: sender === 'MAILER-DAEMON' ? '' : sender, received: parseDate(text) };
}

/** The date that asctime() writes, taken as UTC whatever zone it names. */
function parseDate(text: string): Timestamp | undefined {
  const [, name, day, hour, minute, second, year] = DATE.exec(text) ?? [];
  const month = MONTHS.findIndex((one) => one === name);
  const [hours, minutes, seconds] = [hour, minute, second].map(Number);
  const time = Date.UTC(Number(year), month, Number(day), hours, minutes, seconds);
  return month < 0 || !(time >= 0) ? undefined : Timestamp(time);
}

function quoted(content: Uint8Array): Uint8Array {
  const parts: Uint8Array[] = [];
  let [done, start] = [0, 0];
  while (start < content.length) {
    if (isQuotedFrom(content, start)) {
      parts.push(content.subarray(done, start), Uint8Array.of(GREATER));
      done = start;
    }
    start = lineEnd(content, start);
  }
  return parts.length === 0 ? content : concatBytes([...parts, content.subarray(done)]);
}

/** Whether the line at `start` is `From ` after any number of `>`. */
function isQuotedFrom(bytes: Uint8Array, start: number): boolean {
  let at = start;
  while (bytes[at] === GREATER) at += 1;
  return FROM.every((octet, index) => bytes[at + index] === octet);
}

/** Where the next line begins. */
function lineEnd(bytes: Uint8Array, start: number): number {
  const at = bytes.indexOf(LF, start);
  return at < 0 ? bytes.length : at + 1;
}

export interface MboxLimits {
  /** A longer message is passed over and counted. */
  readonly messageSize: number;
}

/**
 * Cuts an mbox file, given in any chunks, into messages. A `From ` line begins a message at the start of the file and after an empty line; anything before
 * the first is passed over. At most one message is held.
 */
export class MboxReader {
  readonly #limits: MboxLimits;
  #rest: Uint8Array = new Uint8Array();
  /** Room for the message under way, unquoted: one piece, as objects for single lines take many times their octets. Undefined before the first message. */
  #text: Uint8Array | undefined;
  #about: Pick<MboxMessage, 'sender' | 'received'> = { sender: '', received: undefined };
  #size = 0;
  #isAfterEmpty = true;
  /** Octets of the empty line that is the last of the message under way; 0 if another is. */
  #emptyLine = 0;
  #tooLarge = 0;

  constructor(limits: MboxLimits) {
    this.#limits = limits;
  }

  /** Messages that were longer than the limit. */
  get tooLarge(): number {
    return this.#tooLarge;
  }

  /** The messages that end in this chunk. */
  push(chunk: Uint8Array): MboxMessage[] {
    const bytes = this.#rest.length === 0 ? chunk : concatBytes([this.#rest, chunk]);
    const messages: MboxMessage[] = [];
    let start = 0;
    for (let end = bytes.indexOf(LF); end >= 0; end = bytes.indexOf(LF, start)) {
      this.#line(bytes.subarray(start, end + 1), messages);
      start = end + 1;
    }
    this.#rest = bytes.slice(start);
    if (this.#rest.length > LONGEST_LINE) {
      this.#size = Infinity;
      this.#rest = new Uint8Array();
      this.#isAfterEmpty = false;
      this.#emptyLine = 0;
    }
    return messages;
  }

  /** The last message. */
  finish(): MboxMessage[] {
    const messages: MboxMessage[] = [];
    if (this.#rest.length > 0) this.#line(this.#rest, messages);
    this.#rest = new Uint8Array();
    this.#end(messages);
    return messages;
  }

  #line(line: Uint8Array, messages: MboxMessage[]): void {
    if (this.#isAfterEmpty && FROM.every((octet, index) => line[index] === octet)) {
      this.#end(messages);
      this.#text = new Uint8Array();
      this.#about = parseFrom(line);
    } else this.#add(line[0] === GREATER && isQuotedFrom(line, 0) ? line.subarray(1) : line);
    this.#isAfterEmpty = line[0] === LF || (line[0] === 13 && line[1] === LF);
    this.#emptyLine = this.#isAfterEmpty ? line.length : 0;
  }

  #add(line: Uint8Array): void {
    if (this.#text === undefined) return;
    const start = this.#size;
    this.#size += line.length;
    if (this.#size > this.#limits.messageSize) {
      this.#text = new Uint8Array();
      return;
    }
    if (this.#size > this.#text.length) {
      const larger = new Uint8Array(Math.min(2 * this.#size, this.#limits.messageSize));
      larger.set(this.#text);
      this.#text = larger;
    }
    this.#text.set(line, start);
  }

  #end(messages: MboxMessage[]): void {
    const [text, size] = [this.#text, this.#size];
    this.#text = undefined;
    this.#size = 0;
    if (text === undefined) return;
    if (size > this.#limits.messageSize) {
      this.#tooLarge += 1;
      return;
    }
    // The empty line before the next `From ` line is of the file, not of the message.
    messages.push({ ...this.#about, content: text.slice(0, size - this.#emptyLine) });
  }
}
