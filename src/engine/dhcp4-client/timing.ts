import { type Duration, Minutes, Seconds } from '../../base/duration.ts';
import { after, between, type Instant } from '../../base/instant.ts';
import { INFINITE } from '../../wire/dhcp4/options.ts';
import type { Lease } from './state.ts';
import type { Reply } from './reply.ts';

type Random = (limit: number) => number;

/** RFC 2131 section 4.1: the first wait, the largest, and the width of the random part on either side. */
export const FIRST_WAIT = Seconds(4);
const MAX_WAIT = Seconds(64);
const JITTER = Seconds(1);
/** RFC 2131 section 4.4.5: renewals are not repeated sooner. */
const MIN_RENEWAL_WAIT = Minutes(1);
/** A server that wants renewals sooner is not obeyed: the usual half of the lease is used. */
const MIN_RENEWAL_TIME = Seconds(5);

/** How long to wait for an answer to the `tries`-th transmission, counted from 1: 4, 8, 16, 32, 64, 64 ... seconds +- 1. */
export function waitAfter(tries: number, random: Random): Duration {
  const base = Math.min(MAX_WAIT, FIRST_WAIT * 2 ** Math.min(tries - 1, 10));
  return (base - JITTER + random(2 * JITTER + 1)) as Duration;
}

/** RFC 2131 section 4.4.5: half of what remains until `end`, at least a minute. */
export function renewalWait(now: Instant, end: Instant): Duration {
  return Math.max(MIN_RENEWAL_WAIT, between(now, end) / 2) as Duration;
}

/**
 * When a lease is to be renewed, rebound and given up. It counts from when the request was sent, not from the answer
 * (section 4.4.1). Up to 1/64 is taken off T1 and T2 so that boxes cut off together do not renew together (4.4.5).
 */
export function leaseFrom(reply: Reply & { kind: 'ack' | 'offer' }, sentAt: Instant, random: Random): Lease {
  const { binding } = reply;
  const length = binding.leaseTime;
  if (length >= INFINITE) {
    const never = Infinity as Instant;
    return { binding, renewAt: never, rebindAt: never, expiresAt: never };
  }
  const wanted = { t1: reply.renewalTime ?? length / 2, t2: reply.rebindingTime ?? (length * 7) / 8 };
  const usable = wanted.t1 >= MIN_RENEWAL_TIME && wanted.t1 < wanted.t2 && wanted.t2 < length;
  const { t1, t2 } = usable ? wanted : { t1: length / 2, t2: (length * 7) / 8 };
  const fuzz = random(Math.floor((t2 - t1) / 64) + 1);
  return {
    binding,
    renewAt: after(sentAt, Math.max(MIN_RENEWAL_TIME, t1 - fuzz) as Duration),
    rebindAt: after(sentAt, (t2 - fuzz) as Duration),
    expiresAt: after(sentAt, length),
  };
}

/**
 * A binding found configured after a restart of this program, of which so much is left as far as is known. It is never
 * more than the whole lease, and never less than the part between T2 and the end, an eighth of it, which a client that
 * renews in time always has left. For so long the address is kept while the server is asked.
 */
export function adoptedLease(
  binding: Lease['binding'],
  now: Instant,
  remaining: Duration | undefined,
): Lease {
  const { leaseTime } = binding;
  const left = Math.max(leaseTime / 8, Math.min(leaseTime, remaining ?? 0));
  const end = leaseTime >= INFINITE ? (Infinity as Instant) : after(now, left as Duration);
  return { binding, renewAt: end, rebindAt: end, expiresAt: end };
}
