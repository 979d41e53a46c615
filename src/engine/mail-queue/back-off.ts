import { type Duration, Milliseconds } from '../../base/duration.ts';
import { type Timestamp, after } from '../../base/instant.ts';
import type { Random } from '../../port/random.ts';
import type { QueueLimits } from './limits.ts';

/** Doublings beyond which every sensible limit is reached. */
const MOST_DOUBLINGS = 20;

/**
 * The pause after so many attempts, at least one: 5 minutes, doubled up to 4 hours, an eighth more or less, so that messages that
 * failed together do not come back together.
 */
export function retryDelay(attempts: number, random: Random, limits: QueueLimits): Duration {
  const doublings = Math.min(Math.max(attempts, 1) - 1, MOST_DOUBLINGS);
  const pause = Math.min(limits.firstRetry * 2 ** doublings, limits.longestRetry);
  const quarter = Math.max(1, Math.floor(pause / 4));
  return Milliseconds(Math.floor((pause * 7) / 8) + random.below(quarter));
}

/** When an entry is tried again. The moments at which its sender must be told something are not slept through. */
export function nextAttemptAt(
  entry: { readonly accepted: Timestamp; readonly attempts: number },
  env: { readonly now: Timestamp; readonly random: Random },
  limits: QueueLimits,
): Timestamp {
  const next = after(env.now, retryDelay(entry.attempts, env.random, limits));
  const moments = [after(entry.accepted, limits.delayNotice), after(entry.accepted, limits.lifetime)];
  return moments.find((moment) => env.now < moment && moment < next) ?? next;
}

/** Whether an entry is put off for longer than anything here puts off: the clock has been wrong. */
export function isMisplaced(
  { nextAttempt }: { readonly nextAttempt: Timestamp },
  now: Timestamp,
  limits: QueueLimits,
): boolean {
  return nextAttempt - now > 2 * limits.longestRetry;
}
