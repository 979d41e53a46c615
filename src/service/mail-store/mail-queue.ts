import { DecodeError, InvariantError } from '../../base/errors.ts';
import { Timestamp, between } from '../../base/instant.ts';
import { type EntryRecord, domainOf } from '../../engine/mail-store/entry-record.ts';
import { MAIL, encodeMail, endRecords } from '../../engine/mail-store/record.ts';
import type {
  EntryTimes,
  Notice,
  QueueEntry,
  QueueStore,
  QueueSummary,
  Settlement,
} from '../../port/mail-queue.ts';
import type { MailContent } from '../../port/mailbox.ts';
import type { JournalRecord } from '../../wire/record/frame.ts';
import type { Draft, Drafts } from './drafts.ts';
import type { FreeSpace } from './free-space.ts';
import { KeyedTurns } from './keyed-turns.ts';
import type { MailLog } from './mail-log.ts';

export interface QueueParts {
  readonly log: MailLog;
  readonly drafts: Drafts;
  readonly space: FreeSpace;
}

/** The queue's entries in the mail store's journal: every change writes the entry anew, its last record holds. */
export class JournaledMailQueue implements QueueStore {
  readonly #parts: QueueParts;
  /** A change reads the entry's record, and writes what follows from it: two at a time would undo each other. */
  readonly #turns = new KeyedTurns();

  constructor(parts: QueueParts) {
    this.#parts = parts;
  }

  due(now: Timestamp, limit = Infinity): readonly QueueSummary[] {
    return this.#parts.log.index.due(now, limit);
  }

  nextAttempt(): Timestamp | undefined {
    return this.#parts.log.index.nextAttempt();
  }

  entries(): readonly QueueSummary[] {
    return this.#parts.log.index.entries();
  }

  find(id: number): QueueSummary | undefined {
    return this.#parts.log.index.entry(id);
  }

  async read(id: number): Promise<QueueEntry | undefined> {
    const record = await this.#record(id);
    if (record === undefined) return undefined;
    const { kind: _kind, ...entry } = record;
    return { ...entry, domain: domainOf(entry.recipient.address) };
  }

  async readMessage(id: number): Promise<MailContent> {
    const entry = this.find(id);
    if (entry === undefined) {
      throw new InvariantError(`Cannot read the message of entry ${id}: it has left the queue`);
    }
    return this.#parts.log.read(entry.message);
  }

  async recordAttempt(
    ids: readonly number[],
    { at, next }: { readonly at: Timestamp; readonly next: Timestamp },
  ): Promise<void> {
    await this.#change(ids, (entry) => ({
      ...entry,
      attempts: entry.attempts + 1,
      lastAttempt: at,
      nextAttempt: next,
    }));
  }

  async hold(ids: readonly number[]): Promise<void> {
    await this.#change(ids, (entry) => ({ ...entry, isHeld: true }));
  }

  async release(ids: readonly number[], at: Timestamp): Promise<void> {
    await this.#change(ids, (entry) => ({ ...entry, isHeld: false, nextAttempt: at }));
  }

  async redate(times: ReadonlyMap<number, EntryTimes>): Promise<void> {
    await this.#change([...times.keys()], (entry) => redated(entry, times.get(entry.id) ?? entry));
  }

  async remove(ids: readonly number[]): Promise<void> {
    await this.settle(ids.map((id) => ({ id, outcome: 'failed' })));
  }

  async settle(settlements: readonly Settlement[], notices: readonly Notice[] = []): Promise<void> {
    const ids = settlements.map(({ id }) => id);
    await this.#turns.run(ids, async () => {
      const open = settlements.filter(({ id }) => this.find(id) !== undefined);
      if (open.length === 0) return;
      const records = await this.#settled(open);
      const drafts = await this.#draft(notices);
      const ended = open.filter(({ outcome }) => outcome !== 'deferred');
      const released = ended.flatMap(({ id }) => this.find(id)?.message ?? []);
      await this.#parts.log.commit({
        records: [...drafts.flatMap((draft) => draft.records), ...records],
        newBlobs: drafts.flatMap((draft) => draft.newBlobs),
        released,
        what: `record what became of ${open.length} entries of the queue`,
      });
    });
  }

  /** The records of entries that stay and of those that end. */
  async #settled(settlements: readonly Settlement[]): Promise<JournalRecord[]> {
    const records: JournalRecord[] = [];
    const ended: number[] = [];
    for (const settlement of settlements) {
      if (settlement.outcome !== 'deferred') {
        ended.push(settlement.id);
        continue;
      }
      const entry = await this.#record(settlement.id);
      if (entry === undefined) continue;
      const { reply, nextAttempt, isDelayNotified = entry.isDelayNotified } = settlement;
      records.push(encodeMail({ ...entry, lastReply: reply, nextAttempt, isDelayNotified }));
    }
    return [...records, ...endRecords(ended).map(encodeMail)];
  }

  async #draft(notices: readonly Notice[]): Promise<Draft[]> {
    const { space, drafts } = this.#parts;
    for (const { message } of notices) await space.claim(message.length);
    return Promise.all(notices.map(({ envelope, message }) => drafts.make(envelope, message)));
  }

  async #change(ids: readonly number[], change: (entry: EntryRecord) => EntryRecord): Promise<void> {
    await this.#turns.run(ids, async () => {
      const entries = await Promise.all(ids.map((id) => this.#record(id)));
      const records = entries.flatMap((entry) => (entry === undefined ? [] : [encodeMail(change(entry))]));
      if (records.length === 0) return;
      const what = `change ${records.length} entries of the queue`;
      await this.#parts.log.commit({ records, released: [], what });
    });
  }

  /** An entry's last record; undefined if it has ended. */
  async #record(id: number): Promise<EntryRecord | undefined> {
    const { log } = this.#parts;
    const place = log.index.entryPlace(id);
    if (place === undefined) return undefined;
    const record = await log.readRecord(MAIL.ENTRY, place);
    if (record.kind === 'entry' && record.id === id) return record;
    throw new DecodeError(`Cannot read entry ${id} of the queue: another record stands in its place`, {
      offset: place.offset,
      path: '',
    });
  }
}

function redated(entry: EntryRecord, { accepted, nextAttempt }: EntryTimes): EntryRecord {
  const { lastAttempt } = entry;
  const moved = lastAttempt === undefined ? 0 : lastAttempt + between(entry.accepted, accepted);
  // In the record 0 is an entry that was never attempted.
  return {
    ...entry,
    accepted,
    nextAttempt,
    lastAttempt: lastAttempt === undefined ? undefined : Timestamp(Math.max(1, moved)),
  };
}
