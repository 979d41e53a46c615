import { messageOf } from '../../base/errors.ts';
import type { Timestamp } from '../../base/instant.ts';
import { type RetentionRules, expiredMessages, keepDays } from '../../engine/mail-retention.ts';
import type { FirstReads } from '../../port/first-reads.ts';
import type { Log } from '../../port/log.ts';
import type { Maildrop } from '../../port/mailbox.ts';

export interface RetentionOptions {
  readonly firstReads: FirstReads;
  /** Undefined while the box does not know the time: then nothing is dated and nothing expires. */
  readonly now: () => Timestamp | undefined;
}

/** Keeps the rules about how long mail stays after it was read. */
export class Retention {
  /** Nothing expires before there are any. */
  rules: RetentionRules = { keep: 'NEVER', users: new Map() };
  readonly #options: RetentionOptions;
  readonly #log: Log;

  constructor(options: RetentionOptions, log: Log) {
    this.#options = options;
    this.#log = log;
  }

  /** Whether the box knows the time: without it nothing is dated, and nothing expires. */
  get knowsTime(): boolean {
    return this.#options.now() !== undefined;
  }

  /** Whether some message of a user has a date to go by. */
  mayExpire(user: string): boolean {
    return keepDays(this.rules, user) !== 'NEVER' && this.#options.firstReads.of(user).size > 0;
  }

  /** Whether what a session has read goes with its end (RFC 2449 section 6.7: EXPIRE 0). */
  endsWithSession(user: string): boolean {
    return keepDays(this.rules, user) === 0;
  }

  /** Removes what has expired. @returns the messages to show, all of them if that failed */
  async expire(user: string, maildrop: Maildrop): Promise<Maildrop['messages']> {
    const { firstReads, now } = this.#options;
    const [keep, time] = [keepDays(this.rules, user), now()];
    if (keep === 'NEVER' || time === undefined) return maildrop.messages;
    const reads = firstReads.of(user);
    const dated = maildrop.messages.map(({ uid }) => ({ uid, firstRead: reads.get(uid) }));
    const expired = new Set(expiredMessages(dated, keep, time));
    if (expired.size === 0) return maildrop.messages;
    try {
      await maildrop.remove([...expired]);
    } catch (error) {
      this.#log.warn(
        `Messages of ${user} that were read ${keep} days ago are not removed: ${messageOf(error)}`,
      );
      return maildrop.messages;
    }
    this.#log.info(`${expired.size} messages of ${user} that were read ${keep} days ago are removed`);
    return maildrop.messages.filter(({ uid }) => !expired.has(uid));
  }

  /** Dates messages that were read for the first time, if a rule will ever ask. A failure leaves them longer than promised, no more. */
  async read(user: string, uids: readonly string[]): Promise<void> {
    const { firstReads, now } = this.#options;
    const time = now();
    if (keepDays(this.rules, user) === 'NEVER' || time === undefined) return;
    const reads = firstReads.of(user);
    const fresh = uids.filter((uid) => !reads.has(uid));
    if (fresh.length === 0) return;
    try {
      await firstReads.record(user, fresh, time);
    } catch (error) {
      this.#log.warn(`It is not recorded that ${user} has read mail: ${messageOf(error)}`);
    }
  }
}
