import { Seconds } from '../../base/duration.ts';
import { type Instant, between } from '../../base/instant.ts';

/** What one look at the box found: of each check why it is not well, or undefined. */
export type Findings = ReadonlyMap<string, string | undefined>;

/** A check may fail for so long before the board is started anew: whatever mends itself has done so by then. */
export const STARVE_AFTER = Seconds(60);

/** What is remembered between looks. */
export interface Watch {
  /**
   * Checks that have been well since the start. Others do not count: what has never worked, a taken port, a cable that is not there, is
   * not mended by a restart.
   */
  readonly wereWell: ReadonlySet<string>;
  readonly failingSince: ReadonlyMap<string, Instant>;
}

export const NOTHING_SEEN: Watch = { wereWell: new Set(), failingSince: new Map() };

export type WatchVerdict =
  | { readonly kind: 'feed' }
  /** The watchdog is to bite. */
  | { readonly kind: 'starve'; readonly check: string; readonly reason: string };

/** `futile` names checks that restarts have not mended: they no longer lead to one. */
export function stepWatch(
  watch: Watch,
  findings: Findings,
  { now, futile }: { readonly now: Instant; readonly futile: ReadonlySet<string> },
): { readonly watch: Watch; readonly verdict: WatchVerdict } {
  const wereWell = new Set(watch.wereWell);
  const failingSince = new Map<string, Instant>();
  let verdict: WatchVerdict = { kind: 'feed' };
  for (const [check, reason] of findings) {
    if (reason === undefined) wereWell.add(check);
    else if (wereWell.has(check)) {
      const since = watch.failingSince.get(check) ?? now;
      failingSince.set(check, since);
      if (between(since, now) >= STARVE_AFTER && !futile.has(check))
        verdict = { kind: 'starve', check, reason };
    }
  }
  return { watch: { wereWell, failingSince }, verdict };
}
