import type { Timestamp } from '../../base/instant.ts';
import { encodeMail, readRecords } from '../../engine/mail-store/record.ts';
import type { FirstReads } from '../../port/first-reads.ts';
import type { MailLog } from './mail-log.ts';

/** First readings in the mail store's journal: a record for all messages that were read in one session. */
export class JournaledFirstReads implements FirstReads {
  readonly #log: MailLog;

  constructor(log: MailLog) {
    this.#log = log;
  }

  of(user: string, through?: Timestamp): ReadonlyMap<string, Timestamp> {
    const { index } = this.#log;
    const reads = new Map<string, Timestamp>();
    for (const [id, at] of index.firstReads(user, through)) {
      const uid = index.find(id)?.uid;
      if (uid !== undefined) reads.set(uid, at);
    }
    return reads;
  }

  dates(): Iterable<Timestamp> {
    return this.#log.index.readDates();
  }

  async record(user: string, uids: readonly string[], at: Timestamp): Promise<void> {
    const { index } = this.#log;
    const ids = [...new Set(uids)]
      .map(idOf)
      .filter((id) => !index.isDated(id, user) && index.isHeld(id, user));
    if (ids.length === 0) return;
    const records = readRecords(user, ids, at).map(encodeMail);
    await this.#log.commit({ records, what: `record that ${user} has read ${ids.length} messages` });
  }
}

/** The id behind the dash of a UID; NaN, which is no message's, for what is none of ours. */
function idOf(uid: string): number {
  return Number.parseInt(uid.slice(uid.indexOf('-') + 1), 36);
}
