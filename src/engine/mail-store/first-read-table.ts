import type { Timestamp } from '../../base/instant.ts';
import { type Place, type SegmentShares, isSamePlace } from '../compaction/segment-shares.ts';
import type { ReadRecord } from './record.ts';

/** A READ record and how many messages have their date by it. */
interface Dated {
  readonly at: Timestamp;
  readonly place: Place;
  messages: number;
}

/** When users first read which messages. A READ record is needed as long as a message has its date by it. */
export class FirstReadTable {
  readonly #shares: SegmentShares;
  /** By user, then by the message's id. */
  readonly #users = new Map<string, Map<number, Dated>>();

  constructor(shares: SegmentShares) {
    this.#shares = shares;
  }

  /** The record at `place` dates messages; one that has an earlier date keeps it. */
  apply({ user, at, ids }: ReadRecord, place: Place, isWanted: (id: number) => boolean): void {
    const reads = this.#users.get(user) ?? new Map<number, Dated>();
    const dated: Dated = { at, place, messages: 0 };
    for (const id of ids) {
      const known = reads.get(id);
      if (!isWanted(id) || (known !== undefined && known.at < at)) continue;
      if (known !== undefined) this.#drop(known);
      reads.set(id, dated);
      dated.messages += 1;
    }
    if (dated.messages > 0) this.#shares.add(place);
    if (reads.size > 0) this.#users.set(user, reads);
  }

  /** A message has left the mailbox of a user. */
  release(user: string, id: number): void {
    const reads = this.#users.get(user);
    const known = reads?.get(id);
    if (reads === undefined || known === undefined) return;
    reads.delete(id);
    this.#drop(known);
    if (reads.size === 0) this.#users.delete(user);
  }

  /** Dates of messages by id, in no order. */
  *of(user: string): Generator<readonly [id: number, at: Timestamp]> {
    for (const [id, { at }] of this.#users.get(user) ?? []) yield [id, at];
  }

  /** What is still needed of a record at a place. */
  idsAt(user: string, ids: readonly number[], place: Place): readonly number[] {
    const reads = this.#users.get(user);
    return ids.filter((id) => isSamePlace(reads?.get(id)?.place, place));
  }

  /** Forgets what is not wanted. */
  retain(isWanted: (user: string, id: number) => boolean): void {
    for (const [user, reads] of this.#users) {
      for (const id of reads.keys()) if (!isWanted(user, id)) this.release(user, id);
    }
  }

  #drop(dated: Dated): void {
    dated.messages -= 1;
    if (dated.messages === 0) this.#shares.drop(dated.place);
  }
}
