import { Days } from '../../base/duration.ts';
import { Timestamp, between } from '../../base/instant.ts';

/** A restart that the box has caused itself, of the board or of a part. */
export interface SelfRestart {
  /** As the box knew the time then. */
  readonly time: Timestamp;
  readonly check: string;
  readonly reason: string;
  /** Not the board but a network card was started anew, which is tried first. */
  readonly isCard?: true | undefined;
}

/** Restarts remembered of the board, and as many of network cards; the oldest of its kind goes. */
export const RING_SIZE = 20;
/** So many restarts within a day for one check have not mended it: the box goes on without it. */
export const FUTILE_AFTER = 3;
const MEMORY = Days(1);

export function addRestart(ring: readonly SelfRestart[], restart: SelfRestart): readonly SelfRestart[] {
  return bounded([...ring, restart]);
}

/** Cards are reset more often, and must not push out what shows that restarts of the board mend nothing. */
function bounded(ring: readonly SelfRestart[]): readonly SelfRestart[] {
  const newest = Map.groupBy(ring, ({ isCard }) => isCard === true);
  const kept = new Set([...newest.values()].flatMap((some) => some.slice(-RING_SIZE)));
  return ring.filter((one) => kept.has(one));
}

/** The restarts of the board in the last day. A clock that was put back makes an old one recent, which errs on the side of no restart. */
export function recentRestarts(ring: readonly SelfRestart[], now: Timestamp): readonly SelfRestart[] {
  return ring.filter(({ time, isCard }) => isCard !== true && between(time, now) < MEMORY);
}

/** Checks that restarts do not mend. */
export function futileChecks(ring: readonly SelfRestart[], now: Timestamp): ReadonlySet<string> {
  const recent = recentRestarts(ring, now);
  const times = (check: string): number => recent.filter((one) => one.check === check).length;
  return new Set(recent.map(({ check }) => check).filter((check) => times(check) >= FUTILE_AFTER));
}

export function encodeRing(ring: readonly SelfRestart[]): string {
  return JSON.stringify(ring);
}

/** Empty if it cannot be read: it is no more than a memory. */
export function decodeRing(text: string): readonly SelfRestart[] {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return [];
  }
  return Array.isArray(value) ? bounded(value.flatMap(restartOf)) : [];
}

function restartOf(value: unknown): SelfRestart[] {
  if (typeof value !== 'object' || value === null) return [];
  const { time, check, reason, isCard } = value as Partial<Record<keyof SelfRestart, unknown>>;
  return typeof time === 'number' && typeof check === 'string' && typeof reason === 'string'
    ? [{ time: Timestamp(time), check, reason, ...(isCard === true ? { isCard } : {}) }]
    : [];
}
