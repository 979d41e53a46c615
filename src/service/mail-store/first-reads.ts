import type { Timestamp } from '../../base/instant.ts';
import { idOfUid } from '../../engine/mail-store/listed-message.ts';
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
      .map(idOfUid)
      .filter((id) => !index.isDated(id, user, at) && index.isHeld(id, user));
    if (ids.length === 0) return;
    const records = readRecords(user, ids, at).map(encodeMail);
    await this.#log.commit({ records, what: `record that ${user} has read ${ids.length} messages` });
  }
}
