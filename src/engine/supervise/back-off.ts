import type { Duration } from '../../base/duration.ts';

export interface BackOffEnv {
  /** An integer from 0 to `limit` - 1. */
  readonly random: (limit: number) => number;
  readonly policy: { readonly firstDelay: Duration; readonly maxDelay: Duration };
}

/**
 * The wait after the `failures`-th failure in a row, counted from 1: doubling from the first delay to the largest, of which
 * a random quarter is taken off so that roles that fall together do not start together for ever.
 */
export function backOff(failures: number, env: BackOffEnv): Duration {
  const { firstDelay, maxDelay } = env.policy;
  // Beyond 2^30 any delay is past every maximum; the exponent is capped so that it stays a finite number.
  const full = Math.min(maxDelay, firstDelay * 2 ** Math.min(failures - 1, 30));
  return (full - env.random(Math.max(1, Math.floor(full / 4)))) as Duration;
}
