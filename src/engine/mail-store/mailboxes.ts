import type { MailboxSummary } from '../../port/mailbox.ts';
import type { Place, SegmentShares } from '../compaction/segment-shares.ts';
import type { MessageTable } from './message-table.ts';
import { NameTable } from './name-table.ts';
import { RowTable } from './row-table.ts';

/** Words of a holding: one message in one mailbox. It is in two lists, that of its message and that of its mailbox. */
const MESSAGE = 0;
const NEXT_OF_MESSAGE = 1;
const USER = 2;
const SEGMENT = 3;
const OFFSET = 4;
const LENGTH = 5;
const NEXT_OF_USER = 6;
const PREVIOUS_OF_USER = 7;
const WIDTH = 8;

interface Mailbox {
  first: number;
  messages: number;
  octets: number;
}

/** Who has which message, and where the last DELIVER record that says so is. */
export class Mailboxes {
  readonly #messages: MessageTable;
  readonly #shares: SegmentShares;
  readonly #rows = new RowTable(WIDTH);
  readonly #users = new NameTable();
  /** By the user's number. */
  readonly #boxes: Mailbox[] = [];

  constructor(messages: MessageTable, shares: SegmentShares) {
    this.#messages = messages;
    this.#shares = shares;
  }

  /** A user has a message by the record at `place`, from now on or as before. */
  hold(message: number, user: string, place: Place): void {
    if (!this.#isAnyAt(message, place)) this.#shares.add(place);
    const number = this.#users.find(user);
    const known = number === undefined ? 0 : this.#holding(message, number);
    if (known === 0) this.#add(message, user, place);
    else {
      const earlier = this.#place(known);
      this.#setPlace(known, place);
      this.#dropIfUnused(message, earlier);
    }
  }

  /** A user has a message no more. */
  release(message: number, user: string): void {
    const number = this.#users.find(user);
    const holding = number === undefined ? 0 : this.#holding(message, number);
    if (holding === 0 || number === undefined) return;
    const place = this.#place(holding);
    this.#unlinkFromMessage(message, holding);
    this.#unlinkFromUser(holding, number);
    this.#dropIfUnused(message, place);
    const box = this.#box(number);
    box.messages -= 1;
    box.octets -= this.#messages.octets(message);
    this.#rows.remove(holding);
    this.#users.release(number);
  }

  /** Rows of a user's messages, in no order. */
  list(user: string): number[] {
    const number = this.#users.find(user);
    const rows: number[] = [];
    if (number === undefined) return rows;
    for (let row = this.#box(number).first; row !== 0; row = this.#rows.get(row, NEXT_OF_USER)) {
      rows.push(this.#rows.get(row, MESSAGE));
    }
    return rows;
  }

  /** Whether a user has a message. */
  isHeld(message: number, user: string): boolean {
    const number = this.#users.find(user);
    return number !== undefined && this.#holding(message, number) !== 0;
  }

  /** Users who have a message, all or those by the DELIVER record at `place`. */
  holders(message: number, place?: Place): string[] {
    const users: string[] = [];
    for (let row = this.#messages.holding(message); row !== 0; row = this.#next(row)) {
      if (place === undefined || this.#isAt(row, place)) {
        users.push(this.#users.nameOf(this.#rows.get(row, USER)));
      }
    }
    return users.toReversed();
  }

  /** Octets of all messages of a user. */
  octets(user: string): number {
    const number = this.#users.find(user);
    return number === undefined ? 0 : this.#box(number).octets;
  }

  summaries(): MailboxSummary[] {
    return Array.from(this.#users.all(), ([user, number]) => {
      const { messages, octets } = this.#box(number);
      return { user, messages, octets };
    });
  }

  #add(message: number, user: string, place: Place): void {
    const [row, number] = [this.#rows.add(), this.#users.acquire(user)];
    const box = this.#box(number);
    this.#rows.set(row, MESSAGE, message);
    this.#rows.set(row, USER, number);
    this.#setPlace(row, place);
    this.#rows.set(row, NEXT_OF_MESSAGE, this.#messages.holding(message));
    this.#messages.setHolding(message, row);
    this.#rows.set(row, NEXT_OF_USER, box.first);
    if (box.first !== 0) this.#rows.set(box.first, PREVIOUS_OF_USER, row);
    box.first = row;
    box.messages += 1;
    box.octets += this.#messages.octets(message);
  }

  #box(number: number): Mailbox {
    return (this.#boxes[number] ??= { first: 0, messages: 0, octets: 0 });
  }

  /** The next holding of the same message; 0 after the last. */
  #next(row: number): number {
    return this.#rows.get(row, NEXT_OF_MESSAGE);
  }

  /** A user's holding of a message; 0 if there is none. */
  #holding(message: number, user: number): number {
    let row = this.#messages.holding(message);
    while (row !== 0 && this.#rows.get(row, USER) !== user) row = this.#next(row);
    return row;
  }

  #isAnyAt(message: number, place: Place): boolean {
    let row = this.#messages.holding(message);
    while (row !== 0 && !this.#isAt(row, place)) row = this.#next(row);
    return row !== 0;
  }

  #isAt(row: number, { segment, offset }: Place): boolean {
    return this.#rows.get(row, OFFSET) === offset && this.#rows.get(row, SEGMENT) === segment;
  }

  /** A DELIVER record has lost one of its users; it is needed while it has another. */
  #dropIfUnused(message: number, place: Place): void {
    if (!this.#isAnyAt(message, place)) this.#shares.drop(place);
  }

  #unlinkFromMessage(message: number, holding: number): void {
    const next = this.#next(holding);
    let row = this.#messages.holding(message);
    if (row === holding) this.#messages.setHolding(message, next);
    for (; row !== 0 && row !== holding; row = this.#next(row)) {
      if (this.#next(row) === holding) this.#rows.set(row, NEXT_OF_MESSAGE, next);
    }
  }

  #unlinkFromUser(holding: number, number: number): void {
    const next = this.#rows.get(holding, NEXT_OF_USER);
    const previous = this.#rows.get(holding, PREVIOUS_OF_USER);
    if (previous === 0) this.#box(number).first = next;
    else this.#rows.set(previous, NEXT_OF_USER, next);
    if (next !== 0) this.#rows.set(next, PREVIOUS_OF_USER, previous);
  }

  #place(row: number): Place {
    return {
      segment: this.#rows.get(row, SEGMENT),
      offset: this.#rows.get(row, OFFSET),
      length: this.#rows.get(row, LENGTH),
    };
  }

  #setPlace(row: number, { segment, offset, length }: Place): void {
    this.#rows.set(row, SEGMENT, segment);
    this.#rows.set(row, OFFSET, offset);
    this.#rows.set(row, LENGTH, length);
  }
}
