import { counted } from '../../base/counted.ts';
import { Days } from '../../base/duration.ts';
import { messageOf } from '../../base/errors.ts';
import { Timestamp } from '../../base/instant.ts';
import {
  type KeepDays,
  type RetentionRules,
  expiredMessages,
  keepDays,
  latestExpired,
} from '../../engine/mail-retention.ts';
import type { FirstReads } from '../../port/first-reads.ts';
import type { Log } from '../../port/log.ts';
import type { Maildrop } from '../../port/mailbox.ts';
import type { SteadyTime } from './steady-time.ts';

export interface RetentionOptions {
  readonly firstReads: FirstReads;
  /** Undefined while the box does not know the time: then nothing is dated and nothing expires. */
  readonly now: () => Timestamp | undefined;
  /** How far the time may be believed as far as removing mail by it. */
  readonly steady: Pick<SteadyTime, 'passedSince' | 'dateOfReading' | 'givesUpDatesAhead'>;
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
    this.#log.info(`Removed ${counted(here.length, 'message')} of ${user}: read ${keep} days ago`);
    return maildrop.messages.filter(({ uid }) => !expired.has(uid));
  }

  /**
   * Dates messages that were read for the first time, if a rule will ever ask. A failure leaves them longer than promised, no more. None is dated before it
   * came: the clock was wrong then, or is now.
   */
  async read(user: string, messages: readonly ReadMessage[]): Promise<void> {
    const { firstReads, steady } = this.#options;
    if (keepDays(this.rules, user) === 'NEVER' || !this.knowsTime) return;
    const time = steady.dateOfReading();
    const { past = [], coming = [] } = Object.groupBy(messages, ({ received }) =>
      received <= time ? 'past' : 'coming',
    );
    const latest = coming.reduce((most, { received }) => Math.max(most, received), 0);
    try {
      for (const [some, at] of [
        [past, time],
        [coming, Timestamp(latest)],
      ] as const)
        if (some.length > 0)
          await firstReads.record(
            user,
            some.map(({ uid }) => uid),
            at,
          );
    } catch (error) {
      this.#log.warn(`It is not recorded that ${user} has read mail: ${messageOf(error)}`);
    }
  }

  /** Readings that a clock far ahead has dated count from now on: by their dates, mail would stay until then. */
  async redate(user: string): Promise<void> {
    const { firstReads, now, steady } = this.#options;
    const time = now();
    if (time === undefined || keepDays(this.rules, user) === 'NEVER' || !steady.givesUpDatesAhead()) return;
    const ahead = [...firstReads.of(user)].filter(([, at]) => at > time).map(([uid]) => uid);
    if (ahead.length > 0) await firstReads.record(user, ahead, time);
  }

  /** UIDs of what is to go now: nothing as long as the time cannot be believed. */
  #expiredOf(user: string): ReadonlySet<string> {
    const { firstReads, now } = this.#options;
    const [keep, time] = [keepDays(this.rules, user), now()];
    const latest = time === undefined ? undefined : latestExpired(keep, time);
    if (time === undefined || latest === undefined) return new Set();
    const reads = firstReads.of(user, latest);
    const dated = Array.from(reads, ([uid, firstRead]) => ({ uid, firstRead }));
    const due = expiredMessages(dated, keep, time);
    if (due.length === 0) return new Set();
    const expired = new Set(due.filter((uid) => this.#hasPassed(keep, reads.get(uid))));
    const isHeldBack = expired.size < due.length;
    if (isHeldBack && !this.#isHeldBack)
      this.#log.notice(
        'Some mail whose days are over stays for now: the clock was set by days, or nothing was read for days; it goes when so much time has passed for certain',
      );
    this.#isHeldBack = isHeldBack;
    return expired;
  }

  #hasPassed(keep: KeepDays, firstRead: Timestamp | undefined): boolean {
    if (firstRead === undefined || keep === 'NEVER') return false;
    return this.#options.steady.passedSince(firstRead) >= Days(keep);
  }
}
