import { type Duration, Milliseconds, Seconds, inSeconds } from '../../base/duration.ts';
import { EARLIEST_TIME, Instant, Timestamp, after } from '../../base/instant.ts';
import type { Dhcp4Message } from '../../wire/dhcp4/message.ts';
import { MAX_LEASE_TIME, MIN_LEASE_TIME } from './limits.ts';
import type { Dhcp4ServerOptions } from './options.ts';
import type { Env } from './state.ts';

/** The configured time, or what the client asks for (option 51) if that is shorter, but not absurdly short. */
export function leaseTimeFor(options: Dhcp4ServerOptions, message: Dhcp4Message): Duration {
  const asked = message.options.leaseTime ?? options.leaseTime;
  return Seconds(inSeconds(Math.min(options.leaseTime, Math.max(asked, MIN_LEASE_TIME)) as Duration));
}

/** The end of a phase, rounded up to a whole second so that many ends make few wakes. */
export function deadline(now: Instant, duration: Duration): Instant {
  return Instant(Math.ceil(after(now, duration) / 1000) * 1000);
}

/**
 * The end of a recorded lease on the monotonic clock. To a clock that is not set, and begins anew with every start of the box,
 * every lease there ever was seems to run: none of them runs longer than one that is given now. A wrong one makes it at
 * most {@link MAX_LEASE_TIME}.
 */
export function restoredEnd(expires: Timestamp, { leaseTime }: Dhcp4ServerOptions, env: Env): Instant {
  const left = Math.min(expires - env.wall, env.wall < EARLIEST_TIME ? leaseTime : MAX_LEASE_TIME);
  return left <= 0 ? env.now : deadline(env.now, Milliseconds(left));
}

/** The civil time at which a phase ends. */
export function civilEnd(until: Instant, env: Env): Timestamp {
  return Timestamp(env.wall + (until - env.now));
}
