import { Days } from '../base/duration.ts';
import { Timestamp, after } from '../base/instant.ts';

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

/** A box without a battery may have begun its life in 1970: what bears a date from before this program existed was not dated by a set clock. */
const EARLIEST = Timestamp(Date.UTC(2025, 0, 1));

/** The time, if a clock that says so can have been set. */
export function knownTime(time: Timestamp): Timestamp | undefined {
  return time < EARLIEST ? undefined : time;
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

/** The UIDs of messages whose days are over. A first reading that cannot have been then (clock not set, or later than now) expires nothing. */
export function expiredMessages(
  messages: Iterable<RetainedMessage>,
  keep: KeepDays,
  now: Timestamp,
): readonly string[] {
  if (keep === 'NEVER') return [];
  const expired: string[] = [];
  for (const { uid, firstRead } of messages) {
    if (firstRead !== undefined && firstRead >= EARLIEST && after(firstRead, Days(keep)) <= now)
      expired.push(uid);
  }
  return expired;
}
