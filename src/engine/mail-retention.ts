import { Days } from '../base/duration.ts';
import { EARLIEST_TIME, type Timestamp, after, between } from '../base/instant.ts';

/** How many days a message is kept after it was first read; messages nobody has read are always kept. */
export type KeepDays = number | 'NEVER';

/** Rules for the mailboxes of an office. `NEVER` as in EXPIRE (RFC 2449 section 6.7): nothing expires. */
export interface RetentionRules {
  readonly keep: KeepDays;
  /** By user, where it is another. */
  readonly users: ReadonlyMap<string, KeepDays>;
}

export interface RetainedMessage {
  readonly uid: string;
  /** Undefined if nobody has read it whole. */
  readonly firstRead: Timestamp | undefined;
}

/** The time, if a clock that says so can have been set. */
export function knownTime(time: Timestamp): Timestamp | undefined {
  return time < EARLIEST_TIME ? undefined : time;
}

/** The days for one user. */
export function keepDays(rules: RetentionRules, user: string): KeepDays {
  return rules.users.get(user) ?? rules.keep;
}

/** What EXPIRE says to whoever has not logged in (RFC 2449 section 6.7): the least of all, and whether users differ. */
export function announcedExpiry({ keep, users }: RetentionRules): {
  readonly days: KeepDays;
  readonly perUser: boolean;
} {
  const all = [keep, ...users.values()];
  const least = Math.min(...all.map((days) => (days === 'NEVER' ? Infinity : days)));
  return { days: least === Infinity ? 'NEVER' : least, perUser: all.some((days) => days !== keep) };
}

/** Between readings of an office that is at work, and around a weekend, there is no longer gap. */
const LONGEST_QUIET = Days(4);
/** How long time must have passed without a gap or a jump to be believed. */
export const WATCHED_TIME = Days(7);

/**
 * Whether the dates of readings bear a clock out: they lead back from its time over {@link WATCHED_TIME} without a gap, or there are none before the gap. A clock that has
 * jumped forwards by years has nothing between; nor has an office after its holidays, where mail merely stays some days longer.
 */
export function isBorneOut(time: Timestamp, reads: Iterable<Timestamp>): boolean {
  const dates = [...reads].filter((at) => at <= time).sort((a, b) => b - a);
  let last = time;
  for (const at of dates) {
    if (between(at, last) > LONGEST_QUIET) return false;
    if (between(at, time) >= WATCHED_TIME) return true;
    last = at;
  }
  return true;
}

/** The latest first reading that expires at a time; undefined if none does. */
export function latestExpired(keep: KeepDays, now: Timestamp): Timestamp | undefined {
  return keep === 'NEVER' ? undefined : after(now, Days(-keep));
}

/** The UIDs of messages whose days are over. A first reading that cannot have been then (clock not set, or later than now) expires nothing. */
export function expiredMessages(
  messages: Iterable<RetainedMessage>,
  keep: KeepDays,
  now: Timestamp,
): readonly string[] {
  if (keep === 'NEVER') return [];
  const expired: string[] = [];
  for (const { uid, firstRead } of messages) {
    if (firstRead !== undefined && firstRead >= EARLIEST_TIME && after(firstRead, Days(keep)) <= now)
      expired.push(uid);
  }
  return expired;
}
