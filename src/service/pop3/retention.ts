import { messageOf } from '../../base/errors.ts';
import type { Timestamp } from '../../base/instant.ts';
import {
  type RetentionRules,
  expiredMessages,
  keepDays,
  latestExpired,
} from '../../engine/mail-retention.ts';
import type { FirstReads } from '../../port/first-reads.ts';
import type { Log } from '../../port/log.ts';
import type { Maildrop } from '../../port/mailbox.ts';

export interface RetentionOptions {
  readonly firstReads: FirstReads;
  /** Undefined while the box does not know the time: then nothing is dated and nothing expires. */
  readonly now: () => Timestamp | undefined;
  /** Whether the time may be believed as far as removing mail by it. */
  readonly isSteady: () => boolean;
}

/** A message that a session has read. */
export interface ReadMessage {
  readonly uid: string;
  readonly received: Timestamp;
}

/** Keeps the rules about how long mail stays after it was read. */
export class Retention {
  /** Nothing expires before there are any. */
  rules: RetentionRules = { keep: 'NEVER', users: new Map() };
  readonly #options: RetentionOptions;
  readonly #log: Log;
  /** Whether expired mail stays as the time is not believed; said once. */
  #isHeldBack = false;

  constructor(options: RetentionOptions, log: Log) {
    this.#options = options;
    this.#log = log;
  }

  /** Whether the box knows the time: without it nothing is dated, and nothing expires. */
  get knowsTime(): boolean {
    return this.#options.now() !== undefined;
  }

  /** Whether some message of a user is to go. */
  mayExpire(user: string): boolean {
    return this.#expiredOf(user).size > 0;
  }

  /** Whether what a session has read goes with its end (RFC 2449 section 6.7: EXPIRE 0). */
  endsWithSession(user: string): boolean {
    return keepDays(this.rules, user) === 0;
  }

  /** Removes what has expired. @returns the messages to show, all of them if that failed */
  async expire(user: string, maildrop: Maildrop): Promise<Maildrop['messages']> {
    const expired = this.#expiredOf(user);
    const here = expired.size === 0 ? [] : maildrop.messages.filter(({ uid }) => expired.has(uid));
    if (here.length === 0) return maildrop.messages;
    const keep = keepDays(this.rules, user);
    try {
      await maildrop.remove(here.map(({ uid }) => uid));
    } catch (error) {
      this.#log.warn(
        `Messages of ${user} that were read ${keep} days ago are not removed: ${messageOf(error)}`,
      );
      return maildrop.messages;
    }
    this.#log.info(`${here.length} messages of ${user} that were read ${keep} days ago are removed`);
    return maildrop.messages.filter(({ uid }) => !expired.has(uid));
  }

  /**
   * Dates messages that were read for the first time, if a rule will ever ask. A failure leaves them longer than promised, no more; so does a time before
   * they came, of a clock that is not set yet.
   */
  async read(user: string, messages: readonly ReadMessage[]): Promise<void> {
    const { firstReads, now } = this.#options;
    const time = now();
    if (keepDays(this.rules, user) === 'NEVER' || time === undefined) return;
    const uids = messages.filter(({ received }) => received <= time).map(({ uid }) => uid);
    if (uids.length === 0) return;
    try {
      await firstReads.record(user, uids, time);
    } catch (error) {
      this.#log.warn(`It is not recorded that ${user} has read mail: ${messageOf(error)}`);
    }
  }

  /** UIDs of what is to go now: nothing as long as the time cannot be believed. */
  #expiredOf(user: string): ReadonlySet<string> {
    const { firstReads, now, isSteady } = this.#options;
    const [keep, time] = [keepDays(this.rules, user), now()];
    const latest = time === undefined ? undefined : latestExpired(keep, time);
    if (time === undefined || latest === undefined) return new Set();
    const dated = Array.from(firstReads.of(user, latest), ([uid, firstRead]) => ({ uid, firstRead }));
    const expired = new Set(expiredMessages(dated, keep, time));
    if (expired.size === 0) return expired;
    const isHeldBack = !isSteady();
    if (isHeldBack && !this.#isHeldBack)
      this.#log.notice(
        'Mail whose days are over stays for now: the clock has just been set by days, or nothing was read for days; it goes when the time has been steady for a week',
      );
    this.#isHeldBack = isHeldBack;
    return isHeldBack ? new Set() : expired;
  }
}
