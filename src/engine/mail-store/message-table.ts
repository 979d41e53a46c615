import { Timestamp } from '../../base/instant.ts';
import { type Place, type SegmentShares, isSamePlace } from '../compaction/segment-shares.ts';
import { IdMap } from './id-map.ts';
import { ListedMessage, uidOf } from './listed-message.ts';
import type { MessageRecord } from './record.ts';
import { RowTable } from './row-table.ts';

/** A message as the index knows it. The place changes when the store compacts. */
export interface IndexedMessage {
  readonly id: number;
  readonly uid: string;
  readonly size: number;
  readonly received: Timestamp;
  /** Undefined if the message's own record is lost. */
  readonly place: Place | undefined;
  readonly blobChecksum: number | undefined;
}

/** Words of a row. The last two are the first of a list: who holds the message, and where the queue has to bring it. */
const ID = 0;
const SIZE = 2;
const RECEIVED = 4;
const SEGMENT = 6;
const OFFSET = 7;
const LENGTH = 8;
const CHECKSUM = 9;
const FORM = 10;
const HOLDING = 11;
const ENTRY = 12;
const WIDTH = 13;

/** Where the content is: nowhere known, in the MESSAGE record, in a file of its own. */
const FORMS = { unknown: 0, inline: 1, blob: 2 } as const;

/** All messages, each once, however many have it. A message's own record is live as long as a mailbox or the queue needs it. */
export class MessageTable {
  readonly #rows = new RowTable(WIDTH);
  readonly #byId = new IdMap((row) => this.#rows.getWide(row, ID));
  readonly #shares: SegmentShares;

  constructor(shares: SegmentShares) {
    this.#shares = shares;
  }

  get size(): number {
    return this.#byId.size;
  }

  /** 0 if there is no such message. */
  find(id: number): number {
    return this.#byId.get(id);
  }

  /** The row of a message that is there or begins with this. */
  ensure(id: number): number {
    const known = this.#byId.get(id);
    if (known !== 0) return known;
    const row = this.#rows.add();
    this.#rows.setWide(row, ID, id);
    this.#byId.add(row);
    return row;
  }

  /** Every row; the table must not be changed meanwhile. */
  rows(): Generator<number> {
    return this.#byId.rows();
  }

  setContent(row: number, { size, blobChecksum }: MessageRecord, place: Place): void {
    if (this.isNeeded(row)) {
      this.#dropContent(row);
      this.#shares.add(place);
    }
    this.#rows.setWide(row, SIZE, size);
    this.#rows.set(row, SEGMENT, place.segment);
    this.#rows.set(row, OFFSET, place.offset);
    this.#rows.set(row, LENGTH, place.length);
    this.#rows.set(row, CHECKSUM, blobChecksum ?? 0);
    this.#rows.set(row, FORM, blobChecksum === undefined ? FORMS.inline : FORMS.blob);
  }

  /** What a delivery repeats of the message: by this time people's programs know it. */
  describe(row: number, size: number, received: Timestamp): void {
    this.#rows.setWide(row, SIZE, size);
    this.#rows.setWide(row, RECEIVED, received);
  }

  /** What an entry of the queue repeats of it. Entries are dated anew when the clock is set: a delivery knows better, whichever comes first. */
  describeQueued(row: number, size: number, accepted: Timestamp): void {
    if (this.#rows.getWide(row, RECEIVED) === 0) this.describe(row, size, accepted);
  }

  /** Whether a mailbox or the queue has it. */
  isNeeded(row: number): boolean {
    return this.holding(row) !== 0 || this.entry(row) !== 0;
  }

  /** Row of the first holding; 0 for none. */
  holding(row: number): number {
    return this.#rows.get(row, HOLDING);
  }

  setHolding(row: number, holding: number): void {
    this.#setNeed(row, HOLDING, holding);
  }

  /** Row of the first entry of the queue; 0 for none. */
  entry(row: number): number {
    return this.#rows.get(row, ENTRY);
  }

  setEntry(row: number, entry: number): void {
    this.#setNeed(row, ENTRY, entry);
  }

  /** Forgets a message that nobody needs. */
  forget(row: number): void {
    this.#byId.delete(this.#rows.getWide(row, ID));
    this.#rows.remove(row);
  }

  id(row: number): number {
    return this.#rows.getWide(row, ID);
  }

  octets(row: number): number {
    return this.#rows.getWide(row, SIZE);
  }

  place(row: number): Place | undefined {
    if (this.#rows.get(row, FORM) === FORMS.unknown) return undefined;
    return {
      segment: this.#rows.get(row, SEGMENT),
      offset: this.#rows.get(row, OFFSET),
      length: this.#rows.get(row, LENGTH),
    };
  }

  /** Whether it has a file of its own. */
  hasBlob(row: number): boolean {
    return this.#rows.get(row, FORM) === FORMS.blob;
  }

  isAt(row: number, place: Place): boolean {
    return isSamePlace(this.place(row), place);
  }

  get(row: number): IndexedMessage {
    const [id, received] = [this.id(row), Timestamp(this.#rows.getWide(row, RECEIVED))];
    return {
      id,
      uid: uidOf(received, id),
      size: this.octets(row),
      received,
      place: this.place(row),
      blobChecksum: this.hasBlob(row) ? this.#rows.get(row, CHECKSUM) : undefined,
    };
  }

  listed(row: number): ListedMessage {
    return new ListedMessage(this.id(row), this.octets(row), Timestamp(this.#rows.getWide(row, RECEIVED)));
  }

  #setNeed(row: number, word: number, value: number): void {
    const before = this.isNeeded(row);
    this.#rows.set(row, word, value);
    if (before === this.isNeeded(row)) return;
    const place = this.place(row);
    if (place === undefined) return;
    if (before) this.#shares.drop(place);
    else this.#shares.add(place);
  }

  #dropContent(row: number): void {
    const place = this.place(row);
    if (place !== undefined) this.#shares.drop(place);
  }
}
