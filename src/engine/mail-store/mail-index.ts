import type { Timestamp } from '../../base/instant.ts';
import type { QueueSummary } from '../../port/mail-queue.ts';
import type { MailboxSummary } from '../../port/mailbox.ts';
import { type Place, SegmentShares } from '../compaction/segment-shares.ts';
import { FirstReadTable } from './first-read-table.ts';
import { Mailboxes } from './mailboxes.ts';
import type { ListedMessage } from './listed-message.ts';
import { type IndexedMessage, MessageTable } from './message-table.ts';
import { QueueTable } from './queue-table.ts';
import type { MailRecord } from './record.ts';
import { type HoldingSegment, SegmentIds } from './segment-ids.ts';
import { Tombstones } from './tombstones.ts';

/**
 * The fold of the mail store's journal: which messages are in which mailbox and in the queue, and where. Records of one message come in any order, and after a
 * crash within a compaction twice; only a REMOVE or END comes after all it ends. Nothing is true only here: it can be rebuilt at any time.
 */
export class MailIndex {
  readonly shares = new SegmentShares();
  readonly #messages = new MessageTable(this.shares);
  readonly #mailboxes = new Mailboxes(this.#messages, this.shares);
  readonly #queue = new QueueTable(this.#messages, this.shares);
  readonly #reads = new FirstReadTable(this.shares);
  readonly #segmentIds = new SegmentIds();
  readonly #tombstones = new Tombstones(this.shares, this.#segmentIds);
  #isReplaying = true;

  apply(record: MailRecord, place: Place): void {
    if ('id' in record) this.#segmentIds.add(place.segment, record.id);
    switch (record.kind) {
      case 'message':
        this.#messages.setContent(this.#messages.ensure(record.id), record, place);
        break;
      case 'deliver': {
        const row = this.#messages.ensure(record.id);
        this.#messages.describe(row, record.size, record.received);
        for (const user of record.users) this.#mailboxes.hold(row, user, place);
        break;
      }
      case 'entry': {
        const row = this.#messages.ensure(record.message);
        this.#messages.describeQueued(row, record.size, record.accepted);
        this.#queue.apply(row, record, place);
        break;
      }
      case 'remove':
        this.#tombstones.add(place, record);
        for (const id of record.ids) this.#remove(id, record.user);
        break;
      case 'end':
        this.#tombstones.add(place, record);
        for (const id of record.ids) this.#forgetUnneeded(this.#queue.end(id));
        break;
      case 'read':
        this.#reads.apply(record, place, (id) => this.#isReplaying || this.isHeld(id, record.user));
        break;
    }
  }

  /** All records that were there at the opening are applied. */
  replayed(): void {
    this.#isReplaying = false;
    const rows = Array.from(this.#messages.rows());
    for (const row of rows) this.#forgetUnneeded(row);
    this.#reads.retain((user, id) => this.isHeld(id, user));
  }

  /** How many messages there are, each counted once. */
  get size(): number {
    return this.#messages.size;
  }

  /** The messages of a mailbox, the oldest first. */
  messages(user: string): IndexedMessage[] {
    const found = this.#mailboxes.list(user).map((row) => this.#messages.get(row));
    return found.sort((a, b) => a.id - b.id);
  }

  /** The same for a session that looks at few of them, or only counts. */
  list(user: string): ListedMessage[] {
    const found = this.#mailboxes.list(user).map((row) => this.#messages.listed(row));
    return found.sort((a, b) => a.id - b.id);
  }

  /** The message as it is now; undefined when nobody has it any more. */
  find(id: number): IndexedMessage | undefined {
    const row = this.#messages.find(id);
    return row !== 0 && this.#messages.isNeeded(row) ? this.#messages.get(row) : undefined;
  }

  /** Users who have a message, in the order of their delivery. */
  holders(id: number): string[] {
    const row = this.#messages.find(id);
    return row === 0 ? [] : this.#mailboxes.holders(row);
  }

  /** Whether a message is in the mailbox of a user. */
  isHeld(id: number, user: string): boolean {
    const row = this.#messages.find(id);
    return row !== 0 && this.#mailboxes.isHeld(row, user);
  }

  /** When messages of a user were first read, by their ids: those that were up to a time, in no order. */
  firstReads(user: string, through = Infinity): readonly (readonly [id: number, at: Timestamp])[] {
    return this.#reads.through(user, through);
  }

  /** Whether the first reading of a message has its date, and that is not later than a time. */
  isDated(id: number, user: string, at: Timestamp): boolean {
    return this.#reads.has(user, id, at);
  }

  /** The dates of the first readings of all users, in no order. */
  readDates(): Iterable<Timestamp> {
    return this.#reads.dates();
  }

  /** Octets of all messages of a user. */
  octets(user: string): number {
    return this.#mailboxes.octets(user);
  }

  summaries(): MailboxSummary[] {
    return this.#mailboxes.summaries();
  }

  /** An entry of the queue; undefined when it has ended. */
  entry(id: number): QueueSummary | undefined {
    return this.#queue.get(id);
  }

  /** Where an entry's record is. */
  entryPlace(id: number): Place | undefined {
    return this.#queue.place(id);
  }

  entries(): QueueSummary[] {
    return this.#queue.entries();
  }

  due(now: Timestamp, limit: number): QueueSummary[] {
    return this.#queue.due(now, limit);
  }

  nextAttempt(): Timestamp | undefined {
    return this.#queue.nextAttempt();
  }

  /** Messages whose own record lies in the extent, or a part of it does; a length of 0 means all from `offset` on. */
  messagesIn({ segment, offset, length }: Place): IndexedMessage[] {
    const end = length === 0 ? Infinity : offset + length;
    return this.#collect((row) => {
      const place = this.#messages.place(row);
      return place?.segment === segment && place.offset < end && place.offset + place.length > offset;
    });
  }

  /** Messages with a file of their own. */
  blobs(): IndexedMessage[] {
    return this.#collect((row) => this.#messages.hasBlob(row));
  }

  /** Messages of which only the delivery or an entry of the queue is left. */
  lost(): IndexedMessage[] {
    return this.#collect((row) => this.#messages.place(row) === undefined);
  }

  /** What a compaction must copy of the record at `place`, in the form it is needed now; undefined if nothing. */
  keep(record: MailRecord, place: Place, segments: readonly HoldingSegment[]): MailRecord | undefined {
    if (record.kind === 'remove' || record.kind === 'end')
      return this.#tombstones.keep(record, place, segments);
    if (record.kind === 'entry') return this.#queue.isAt(record.id, place) ? record : undefined;
    if (record.kind === 'read') {
      const ids = this.#reads.idsAt(record.user, record.ids, place);
      return ids.length > 0 ? { ...record, ids } : undefined;
    }
    const row = this.#messages.find(record.id);
    if (row === 0 || !this.#messages.isNeeded(row)) return undefined;
    if (record.kind === 'message') return this.#messages.isAt(row, place) ? record : undefined;
    const users = this.#mailboxes.holders(row, place);
    return users.length > 0 ? { ...record, users } : undefined;
  }

  /** A segment is gone, and these are left, the oldest first. */
  segmentRemoved(number: number, segments: readonly HoldingSegment[]): void {
    this.#segmentIds.delete(number);
    this.#tombstones.segmentRemoved(number, segments);
  }

  /** Messages that somebody needs and that are wanted, the oldest first. */
  #collect(isWanted: (row: number) => boolean): IndexedMessage[] {
    const found: IndexedMessage[] = [];
    for (const row of this.#messages.rows()) {
      if (this.#messages.isNeeded(row) && isWanted(row)) found.push(this.#messages.get(row));
    }
    return found.sort((a, b) => a.id - b.id);
  }

  #remove(id: number, user: string): void {
    const row = this.#messages.find(id);
    if (row === 0) return;
    this.#mailboxes.release(row, user);
    this.#reads.release(user, id);
    this.#forgetUnneeded(row);
  }

  /** Not in a replay: compaction may have moved what needs the message behind the end of the last that did before. */
  #forgetUnneeded(row: number): void {
    if (!this.#isReplaying && row !== 0 && !this.#messages.isNeeded(row)) this.#messages.forget(row);
  }
}
