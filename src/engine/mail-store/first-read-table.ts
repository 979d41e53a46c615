import type { Timestamp } from '../../base/instant.ts';
import { type Place, type SegmentShares, isSamePlace } from '../compaction/segment-shares.ts';
import type { ReadRecord } from './record.ts';

/** A READ record and how many messages have their date by it. */
interface Dated {
  readonly at: Timestamp;
  readonly place: Place;
  messages: number;
}

interface Reads {
  readonly byId: Map<number, Dated>;
  /** No date is earlier; it may be one of a message that has gone. */
  earliest: number;
}

/** When users first read which messages. A READ record is needed as long as a message has its date by it. */
export class FirstReadTable {
  readonly #shares: SegmentShares;
  readonly #users = new Map<string, Reads>();

  constructor(shares: SegmentShares) {
    this.#shares = shares;
  }

  /** The record at `place` dates messages; one that has an earlier date keeps it. */
  apply({ user, at, ids }: ReadRecord, place: Place, isWanted: (id: number) => boolean): void {
    const reads = this.#users.get(user) ?? { byId: new Map<number, Dated>(), earliest: Infinity };
    const dated: Dated = { at, place, messages: 0 };
    for (const id of ids) {
      const known = reads.byId.get(id);
      if (known === dated || !isWanted(id) || (known !== undefined && known.at < at)) continue;
      if (known !== undefined) this.#drop(known);
      reads.byId.set(id, dated);
      dated.messages += 1;
    }
    if (dated.messages === 0) return;
    this.#shares.add(place);
    reads.earliest = Math.min(reads.earliest, at);
    this.#users.set(user, reads);
  }

  /** A message has left the mailbox of a user. */
  release(user: string, id: number): void {
    const reads = this.#users.get(user);
    const known = reads?.byId.get(id);
    if (reads === undefined || known === undefined) return;
    reads.byId.delete(id);
    this.#drop(known);
    if (reads.byId.size === 0) this.#users.delete(user);
  }

  /** Whether a message has a date, up to a time. */
  has(user: string, id: number, through: Timestamp): boolean {
    const dated = this.#users.get(user)?.byId.get(id);
    return dated !== undefined && dated.at <= through;
  }

  /** Dates up to a time by id, in no order. Asked at every login: where all are later, none is looked at. */
  through(user: string, time: number): (readonly [id: number, at: Timestamp])[] {
    const reads = this.#users.get(user);
    if (reads === undefined || reads.earliest > time) return [];
    const found: (readonly [number, Timestamp])[] = [];
    reads.earliest = Infinity;
    for (const [id, { at }] of reads.byId) {
      reads.earliest = Math.min(reads.earliest, at);
      if (at <= time) found.push([id, at]);
    }
    return found;
  }

  /** The dates of all users, in no order. */
  *dates(): Generator<Timestamp> {
    for (const { byId } of this.#users.values()) for (const { at } of byId.values()) yield at;
  }

  /** What is still needed of a record at a place. */
  idsAt(user: string, ids: readonly number[], place: Place): readonly number[] {
    const reads = this.#users.get(user);
    return ids.filter((id) => isSamePlace(reads?.byId.get(id)?.place, place));
  }

  /** Forgets what is not wanted. */
  retain(isWanted: (user: string, id: number) => boolean): void {
    for (const [user, reads] of this.#users) {
      for (const id of reads.byId.keys()) if (!isWanted(user, id)) this.release(user, id);
    }
  }

  #drop(dated: Dated): void {
    dated.messages -= 1;
    if (dated.messages === 0) this.#shares.drop(dated.place);
  }
}
