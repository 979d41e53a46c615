import { Days, type Duration, Hours, Minutes } from '../../base/duration.ts';
import { EARLIEST_TIME, Timestamp, after, between } from '../../base/instant.ts';
import type { EntryTimes, QueueSummary } from '../../port/mail-queue.ts';

/** Nothing is put off for longer; twice the longest pause. */
const LONGEST_WAIT = Hours(8);
/** So much older at most gets an entry while the queue is not running: how long it really was, only the clock knows, and it may be wrong. */
export const LONGEST_ABSENCE = Days(1);
/** Civil time that moves against the monotonic clock by less than this is put right little by little. */
export const JUMP = Minutes(5);
const LIFT = Days(365);

/** Civil time has jumped while the queue was running. */
export interface ClockJump {
  /** Forwards if positive. */
  readonly by: Duration;
  /** How long before now it still had not. */
  readonly within: Duration;
  /** The highest number of an entry that was there then. */
  readonly lastId: number;
}

type Times = Pick<QueueSummary, 'id' | 'accepted' | 'nextAttempt'>;

/** The time by which the queue goes. A clock that was never set begins in 1970: entries that are days old then could not be dated. */
export function queueTime(wall: Timestamp): Timestamp {
  return wall < EARLIEST_TIME ? after(wall, LIFT) : wall;
}

/**
 * The times of an entry by the clock as it is now, at the start of the queue; undefined if they can stay. How old it was when it was to be attempted next is certain,
 * as one clock has given both times; since then it has aged by {@link LONGEST_ABSENCE} at most, and not at all if the clock says that it is not that late yet by far.
 */
export function timesAtStart({ accepted, nextAttempt }: Times, now: Timestamp): EntryTimes | undefined {
  const late = between(nextAttempt, now);
  const isAhead = between(now, nextAttempt) > LONGEST_WAIT;
  if (!isAhead && late <= LONGEST_ABSENCE && accepted <= after(now, JUMP)) return undefined;
  const counted = isAhead ? 0 : Math.min(late, LONGEST_ABSENCE);
  const age = Math.max(0, between(accepted, nextAttempt) + counted);
  return dated(age, isAhead || late > 0 ? now : nextAttempt, now);
}

/** The times of an entry by the clock as it is after a jump; undefined if they are by this clock already. */
export function timesAfterJump(
  { id, accepted, nextAttempt }: Times,
  { by, within, lastId }: ClockJump,
  now: Timestamp,
): EntryTimes | undefined {
  if (id > lastId && Math.abs(between(accepted, now)) <= within + JUMP) return undefined;
  const age = Math.max(0, between(accepted, now) - by);
  const next = Math.min(Math.max(nextAttempt + by, now), now + LONGEST_WAIT);
  return dated(age, Timestamp(next), now);
}

function dated(age: number, nextAttempt: Timestamp, now: Timestamp): EntryTimes {
  return { accepted: Timestamp(Math.max(0, now - age)), nextAttempt };
}
