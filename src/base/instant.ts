import { type Duration, Hours } from './duration.ts';

declare const instantBrand: unique symbol;
declare const timestampBrand: unique symbol;

/** A point on the monotonic clock in milliseconds since an arbitrary start; never jumps, means nothing after a reboot. */
export type Instant = number & { readonly [instantBrand]: true };

/** A point of civil time in milliseconds since 1970-01-01T00:00:00Z; may jump, and may be wrong on a box without RTC. */
export type Timestamp = number & { readonly [timestampBrand]: true };

export function Instant(milliseconds: number): Instant {
  return milliseconds as Instant;
}
export function Timestamp(milliseconds: number): Timestamp {
  return milliseconds as Timestamp;
}

/**
 * No box of this kind ran before. A board without an RTC begins in 1970 with every start: what bears an earlier time was not dated by a
 * clock that was set.
 */
export const EARLIEST_TIME = Timestamp(Date.UTC(2025, 0, 1));

/** A civil clock that is put right by less than this has not jumped. */
export const CLOCK_JUMP = Hours(1);

/** The time, if a clock that says so can have been set. */
export function knownTime(time: Timestamp): Timestamp | undefined {
  return time < EARLIEST_TIME ? undefined : time;
}

/** `point` moved by `duration`, on whichever clock the point belongs to. */
export function after<T extends Instant | Timestamp>(point: T, duration: Duration): T {
  return (point + duration) as T;
}

/** How long from `from` to `to`; negative if `to` is earlier. */
export function between<T extends Instant | Timestamp>(from: T, to: T): Duration {
  return (to - from) as Duration;
}
