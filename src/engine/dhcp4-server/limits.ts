import { Days, Hours, Minutes, Seconds } from '../../base/duration.ts';

/** How long an offer waits for its REQUEST. */
export const OFFER_TIME = Minutes(1);
/** How long an address is left alone that someone uses without a lease. */
export const QUARANTINE_TIME = Minutes(10);
/** The shortest lease a client gets by asking for less (option 51). */
export const MIN_LEASE_TIME = Minutes(2);
/** The longest lease there can be; what the journal holds beyond it comes from a clock that was or is wrong. */
export const MAX_LEASE_TIME = Days(365);
/** A warning of the same text is given again after this. */
export const WARNING_INTERVAL = Hours(1);

/** Addresses probed or offered at one time; at the cap new clients are not answered, those with a lease are. */
export const MAX_OFFERS = 4096;
/** Addresses probed at one time; at the cap an address is offered without a probe. */
export const MAX_PROBES = 256;
/** Addresses found in use for one DISCOVER; at the cap it is not answered: the client asks again, later and later. */
export const MAX_MISSES = 8;
/** Addresses remembered; at the cap the one free for longest is given again before a fresh one. */
export const MAX_ENTRIES = 65_536;
/** Addresses in quarantine; at the cap the oldest goes back to the pool, so that false DECLINEs cannot empty it. */
export const MAX_QUARANTINE = 64;
/** Warnings remembered as given; at the cap all are forgotten. */
export const MAX_WARNINGS = 64;
/** Messages taken in a second from one client and from all; more are dropped. */
export const MAX_PER_CLIENT = 20;
export const MAX_PER_SECOND = 10_000;
export const RATE_WINDOW = Seconds(1);
