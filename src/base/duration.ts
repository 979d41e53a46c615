import { UserError } from './errors.ts';

declare const durationBrand: unique symbol;

/** A length of time in milliseconds; made only by the constructors below, so that no bare number is ever a time. */
export type Duration = number & { readonly [durationBrand]: true };

export function Milliseconds(count: number): Duration {
  return count as Duration;
}
export function Seconds(count: number): Duration {
  return (count * 1000) as Duration;
}
export function Minutes(count: number): Duration {
  return Seconds(count * 60);
}
export function Hours(count: number): Duration {
  return Minutes(count * 60);
}
export function Days(count: number): Duration {
  return Hours(count * 24);
}

/** Whole seconds, rounded down: the unit of DHCP, DNS and SMTP. */
export function inSeconds(duration: Duration): number {
  return Math.floor(duration / 1000);
}

const UNITS = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 } as const;

/**
 * Reads the configuration's spelling: a whole number and a unit, `90s`, `12h`, `5m`, `7d`, `2w`, `250ms`.
 * @throws UserError for anything else.
 */
export function parseDuration(text: string): Duration {
  const match = /^(\d{1,9})(ms|s|m|h|d|w)$/.exec(text);
  const unit = match?.[2];
  if (match === null || unit === undefined) {
    throw new UserError(
      `Cannot read the duration "${text}": a whole number with a unit is wanted, such as "90s", "5m", "12h" or "7d"`,
    );
  }
  return (Number(match[1]) * UNITS[unit as keyof typeof UNITS]) as Duration;
}

/** The largest unit that divides it evenly: `12h`, `90s`. The inverse of {@link parseDuration}. */
export function formatDuration(duration: Duration): string {
  const whole = Math.round(duration);
  for (const unit of ['w', 'd', 'h', 'm', 's'] as const) {
    if (whole !== 0 && whole % UNITS[unit] === 0) return `${whole / UNITS[unit]}${unit}`;
  }
  return `${whole}ms`;
}
