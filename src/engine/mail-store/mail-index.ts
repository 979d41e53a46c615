import { Timestamp } from '../../base/instant.ts';
import type { MailboxSummary } from '../../port/mailbox.ts';
import { type Place, SegmentShares } from '../compaction/segment-shares.ts';
import type { DeliverRecord, MailRecord, MessageRecord, RemoveRecord } from './record.ts';
import { Tombstones } from './tombstones.ts';

/** A message as the index knows it. The place changes when the store compacts. */
export interface IndexedMessage {
  readonly id: number;
  /** Unique for ever in every mailbox: the id is never given twice by one store, the time tells it from those of a store that was replaced. */
  readonly uid: string;
  readonly size: number;
  readonly received: Timestamp;
  /** Undefined if the message's own record is lost. */
  readonly place: Place | undefined;
  readonly blobChecksum: number | undefined;
}

interface Content {
  readonly record: MessageRecord;
  readonly place: Place;
}

/** Who has a message, and where the last record that says so is. */
interface Holder {
  readonly user: string;
  readonly place: Place;
}

interface Entry {
  readonly id: number;
  content: Content | undefined;
  deliver: DeliverRecord | undefined;
  holders: Holder[];
}

interface Mailbox {
  readonly entries: Map<number, Entry>;
  octets: number;
}

/**
 * The fold of the mail store's journal: which messages are in which mailbox, and where. Records of one message come in any order, and after a crash
 * within a compaction twice; only a REMOVE comes after all it ends. Nothing is true only here: it can be rebuilt at any time.
 */
export class MailIndex {
  readonly shares = new SegmentShares();
  readonly #entries = new Map<number, Entry>();
  readonly #mailboxes = new Map<string, Mailbox>();
  readonly #tombstones = new Tombstones(this.shares);

  apply(record: MailRecord, place: Place): void {
    switch (record.kind) {
      case 'message':
        this.#applyMessage(record, place);
        break;
      case 'deliver':
        for (const user of record.users) this.#hold(record, user, place);
        break;
      case 'remove':
        this.#tombstones.add(place, record.through);
        for (const id of record.ids) this.#release(id, record.user);
        break;
    }
  }

  /** The messages of a mailbox, the oldest first. */
  messages(user: string): readonly IndexedMessage[] {
    const mailbox = this.#mailboxes.get(user);
    return Array.from(mailbox?.entries.values() ?? [], indexed).sort((a, b) => a.id - b.id);
  }

  /** The message as it is now; undefined when nobody has it any more. */
  find(id: number): IndexedMessage | undefined {
    const entry = this.#entries.get(id);
    return entry === undefined || entry.holders.length === 0 ? undefined : indexed(entry);
  }

  summaries(): readonly MailboxSummary[] {
    return Array.from(this.#mailboxes, ([user, { entries, octets }]) => ({
      user,
      messages: entries.size,
      octets,
    }));
  }

  /** What a compaction must copy of the record at `place`, in the form it is needed now; undefined if nothing. */
  keep(
    record: MailRecord,
    place: Place,
    segments: readonly { readonly number: number }[],
  ): MailRecord | undefined {
    if (record.kind === 'remove') return keptRemove(record, place, segments);
    const entry = this.#entries.get(record.id);
    if (entry === undefined || entry.holders.length === 0) return undefined;
    if (record.kind === 'message') return isSame(entry.content?.place, place) ? record : undefined;
    const holders = entry.holders.filter((holder) => isSame(holder.place, place));
    return holders.length > 0 ? { ...record, users: holders.map((holder) => holder.user) } : undefined;
  }

  /** A segment is gone; `oldest` is the number of the first that is left. */
  segmentRemoved(number: number, oldest: number): void {
    this.#tombstones.segmentRemoved(number, oldest);
  }

  #entry(id: number): Entry {
    let entry = this.#entries.get(id);
    if (entry === undefined) {
      entry = { id, content: undefined, deliver: undefined, holders: [] };
      this.#entries.set(id, entry);
    }
    return entry;
  }

  #applyMessage(record: MessageRecord, place: Place): void {
    const entry = this.#entry(record.id);
    if (entry.holders.length > 0) {
      if (entry.content !== undefined) this.shares.drop(entry.content.place);
      this.shares.add(place);
    }
    entry.content = { record, place };
  }

  #hold(record: DeliverRecord, user: string, place: Place): void {
    const entry = this.#entry(record.id);
    const isFirst = entry.holders.length === 0;
    if (isFirst && entry.content !== undefined) this.shares.add(entry.content.place);
    entry.deliver ??= record;
    const earlier = entry.holders.find((holder) => holder.user === user);
    if (!entry.holders.some((holder) => isSame(holder.place, place))) this.shares.add(place);
    entry.holders = [...entry.holders.filter((holder) => holder !== earlier), { user, place }];
    if (earlier === undefined) this.#fill(user, entry, record.size);
    else this.#dropHolding(entry, earlier.place);
  }

  #fill(user: string, entry: Entry, size: number): void {
    const mailbox = this.#mailboxes.get(user) ?? { entries: new Map<number, Entry>(), octets: 0 };
    this.#mailboxes.set(user, mailbox);
    mailbox.entries.set(entry.id, entry);
    mailbox.octets += size;
  }

  #release(id: number, user: string): void {
    const entry = this.#entries.get(id);
    const holder = entry?.holders.find((one) => one.user === user);
    if (entry === undefined || holder === undefined) return;
    entry.holders = entry.holders.filter((one) => one !== holder);
    this.#dropHolding(entry, holder.place);
    this.#empty(user, id, entry.deliver?.size ?? 0);
    if (entry.holders.length > 0) return;
    if (entry.content !== undefined) this.shares.drop(entry.content.place);
    this.#entries.delete(id);
  }

  #empty(user: string, id: number, size: number): void {
    const mailbox = this.#mailboxes.get(user);
    if (mailbox === undefined) return;
    mailbox.entries.delete(id);
    mailbox.octets -= size;
    if (mailbox.entries.size === 0) this.#mailboxes.delete(user);
  }

  /** The DELIVER record at `place` has lost one of its users; it is needed while it has another. */
  #dropHolding(entry: Entry, place: Place): void {
    if (!entry.holders.some((holder) => isSame(holder.place, place))) this.shares.drop(place);
  }
}

function keptRemove(
  record: RemoveRecord,
  place: Place,
  segments: readonly { readonly number: number }[],
): RemoveRecord | undefined {
  const through = record.through === 0 ? place.segment : record.through;
  const isNeeded = segments.some(({ number }) => number <= through && number !== place.segment);
  return isNeeded ? { ...record, through } : undefined;
}

function isSame(a: Place | undefined, b: Place): boolean {
  return a?.segment === b.segment && a.offset === b.offset;
}

function indexed({ id, content, deliver }: Entry): IndexedMessage {
  const received = deliver?.received ?? Timestamp(0);
  return {
    id,
    uid: `${received.toString(36)}-${id.toString(36)}`,
    size: deliver?.size ?? 0,
    received,
    place: content?.place,
    blobChecksum: content?.record.blobChecksum,
  };
}
