import { Minutes, Seconds } from '../../base/duration.ts';
import { type Instant, after, between } from '../../base/instant.ts';

/** All has to be well for this long without a break. */
export const SETTLED_AFTER = Seconds(30);
/** A provider's modem may take minutes to notice that the box is back. */
export const GIVE_UP_AFTER = Minutes(10);

/** The first run of a new system. */
export interface Trial {
  readonly begun: Instant;
  /** Since when all is as well as before the update. */
  readonly wellSince?: Instant | undefined;
}

export type TrialVerdict =
  | { readonly kind: 'wait' }
  /** The new system is as good as the one before: it stays. */
  | { readonly kind: 'keep' }
  /** It is not: the box goes back. */
  | { readonly kind: 'go-back'; readonly reason: string };

/** Judges the trial by what is missing now; undefined if nothing is. */
export function stepTrial(
  trial: Trial,
  missing: string | undefined,
  now: Instant,
): { readonly trial: Trial; readonly verdict: TrialVerdict } {
  const { begun } = trial;
  if (missing !== undefined) {
    const isOver = between(begun, now) >= GIVE_UP_AFTER;
    return { trial: { begun }, verdict: isOver ? { kind: 'go-back', reason: missing } : { kind: 'wait' } };
  }
  const wellSince = trial.wellSince ?? now;
  const isSettled = now >= after(wellSince, SETTLED_AFTER);
  return { trial: { begun, wellSince }, verdict: { kind: isSettled ? 'keep' : 'wait' } };
}
