import { Timestamp } from '../../base/instant.ts';
import type { QueueSummary } from '../../port/mail-queue.ts';
import { type Place, type SegmentShares, isSamePlace } from '../compaction/segment-shares.ts';
import { type EntryRecord, domainOf } from './entry-record.ts';
import { IdMap } from './id-map.ts';
import type { MessageTable } from './message-table.ts';
import { NameTable } from './name-table.ts';
import { RowTable } from './row-table.ts';

/** Words of an entry. The texts stay on the disk: they are read when the entry is attempted or looked at. */
const ID = 0;
const MESSAGE = 2;
const NEXT_OF_MESSAGE = 3;
const ACCEPTED = 4;
const NEXT_ATTEMPT = 6;
const ATTEMPTS = 8;
const IS_HELD = 9;
const DOMAIN = 10;
const SEGMENT = 11;
const OFFSET = 12;
const LENGTH = 13;
const WIDTH = 14;

/** The entries of the queue: what planning needs, and where the last record of each is. */
export class QueueTable {
  readonly #messages: MessageTable;
  readonly #shares: SegmentShares;
  readonly #rows = new RowTable(WIDTH);
  readonly #byId = new IdMap((row) => this.#rows.getWide(row, ID));
  readonly #domains = new NameTable();

  constructor(messages: MessageTable, shares: SegmentShares) {
    this.#messages = messages;
    this.#shares = shares;
  }

  get size(): number {
    return this.#byId.size;
  }

  /** An entry is from now on as the record at `place` says. `message` is the row of its message. */
  apply(message: number, record: EntryRecord, place: Place): void {
    const known = this.#byId.get(record.id);
    if (known !== 0) this.#shares.drop(this.#place(known));
    const row = known === 0 ? this.#add(message, record) : known;
    this.#shares.add(place);
    this.#rows.setWide(row, ACCEPTED, record.accepted);
    this.#rows.setWide(row, NEXT_ATTEMPT, record.nextAttempt);
    this.#rows.set(row, ATTEMPTS, record.attempts);
    this.#rows.set(row, IS_HELD, record.isHeld ? 1 : 0);
    this.#rows.set(row, SEGMENT, place.segment);
    this.#rows.set(row, OFFSET, place.offset);
    this.#rows.set(row, LENGTH, place.length);
  }

  /** An entry has ended. @returns the row of its message, 0 if there was no such entry */
  end(id: number): number {
    const row = this.#byId.get(id);
    if (row === 0) return 0;
    const message = this.#rows.get(row, MESSAGE);
    this.#shares.drop(this.#place(row));
    this.#unlink(message, row);
    this.#byId.delete(id);
    this.#domains.release(this.#rows.get(row, DOMAIN));
    this.#rows.remove(row);
    return message;
  }

  get(id: number): QueueSummary | undefined {
    const row = this.#byId.get(id);
    return row === 0 ? undefined : this.#summary(row);
  }

  place(id: number): Place | undefined {
    const row = this.#byId.get(id);
    return row === 0 ? undefined : this.#place(row);
  }

  isAt(id: number, place: Place): boolean {
    return isSamePlace(this.place(id), place);
  }

  /** All entries, in order of their ids. */
  entries(): QueueSummary[] {
    return Array.from(this.#byId.rows(), (row) => this.#summary(row)).sort((a, b) => a.id - b.id);
  }

  /** Entries that are due, the longest due first. */
  due(now: Timestamp, limit: number): QueueSummary[] {
    const due: number[] = [];
    for (const row of this.#byId.rows()) {
      if (!this.#isHeld(row) && this.#rows.getWide(row, NEXT_ATTEMPT) <= now) due.push(row);
    }
    const byTimeThenId = (a: number, b: number): number =>
      this.#rows.getWide(a, NEXT_ATTEMPT) - this.#rows.getWide(b, NEXT_ATTEMPT) ||
      this.#rows.getWide(a, ID) - this.#rows.getWide(b, ID);
    return due
      .sort(byTimeThenId)
      .slice(0, limit)
      .map((row) => this.#summary(row));
  }

  nextAttempt(): Timestamp | undefined {
    let next = Infinity;
    for (const row of this.#byId.rows()) {
      if (!this.#isHeld(row)) next = Math.min(next, this.#rows.getWide(row, NEXT_ATTEMPT));
    }
    return next === Infinity ? undefined : Timestamp(next);
  }

  #add(message: number, { id, recipient }: EntryRecord): number {
    const row = this.#rows.add();
    this.#rows.setWide(row, ID, id);
    this.#rows.set(row, MESSAGE, message);
    this.#rows.set(row, DOMAIN, this.#domains.acquire(domainOf(recipient.address)));
    this.#rows.set(row, NEXT_OF_MESSAGE, this.#messages.entry(message));
    this.#messages.setEntry(message, row);
    this.#byId.add(row);
    return row;
  }

  #unlink(message: number, entry: number): void {
    const next = this.#rows.get(entry, NEXT_OF_MESSAGE);
    let row = this.#messages.entry(message);
    if (row === entry) this.#messages.setEntry(message, next);
    for (; row !== 0 && row !== entry; row = this.#rows.get(row, NEXT_OF_MESSAGE)) {
      if (this.#rows.get(row, NEXT_OF_MESSAGE) === entry) this.#rows.set(row, NEXT_OF_MESSAGE, next);
    }
  }

  #isHeld(row: number): boolean {
    return this.#rows.get(row, IS_HELD) !== 0;
  }

  #place(row: number): Place {
    return {
      segment: this.#rows.get(row, SEGMENT),
      offset: this.#rows.get(row, OFFSET),
      length: this.#rows.get(row, LENGTH),
    };
  }

  #summary(row: number): QueueSummary {
    const message = this.#rows.get(row, MESSAGE);
    return {
      id: this.#rows.getWide(row, ID),
      message: this.#messages.id(message),
      size: this.#messages.octets(message),
      domain: this.#domains.nameOf(this.#rows.get(row, DOMAIN)),
      accepted: Timestamp(this.#rows.getWide(row, ACCEPTED)),
      nextAttempt: Timestamp(this.#rows.getWide(row, NEXT_ATTEMPT)),
      attempts: this.#rows.get(row, ATTEMPTS),
      isHeld: this.#isHeld(row),
    };
  }
}
