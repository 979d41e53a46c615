import { Days, type Duration, Milliseconds } from '../base/duration.ts';
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

/** Between readings of an office that is at work, and around a weekend, there is no longer gap. A longer one may be a clock that has jumped. */
const LONGEST_QUIET = Days(4);

/**
 * How long before `end` each reading was at least: gaps of at most {@link LONGEST_QUIET} between readings have passed, longer ones need not have. So a
 * clock that was years ahead adds nothing; nor do holidays of an office, whose mail merely stays some days longer. Readings later than `end` are left out.
 */
export function borneOut(
  dates: Iterable<Timestamp>,
  {
    end,
    hasJumped,
  }: { readonly end: Timestamp; /** So that the last gap cannot be told. */ readonly hasJumped: boolean },
): ReadonlyMap<Timestamp, Duration> {
  const passed = new Map<Timestamp, Duration>();
  let [next, sum] = [end, 0];
  for (const at of [...new Set(dates)].filter((one) => one <= end).sort((a, b) => b - a)) {
    const gap = between(at, next);
    if (gap <= LONGEST_QUIET && !(hasJumped && passed.size === 0)) sum += gap;
    passed.set(at, Milliseconds(sum));
    next = at;
  }
  return passed;
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
