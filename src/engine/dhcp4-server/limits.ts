import { Days, Hours, Minutes, Seconds } from '../../base/duration.ts';

/** How long an offer waits for its REQUEST; clients ask within a few seconds. */
export const OFFER_TIME = Minutes(1);
/** Offers waiting from which on each waits only for the shorter time: a flood of made-up clients must not keep the pool. */
export const MANY_OFFERS = 64;
export const SHORT_OFFER_TIME = Seconds(5);
/** How long an address is left alone that someone uses without a lease. */
export const QUARANTINE_TIME = Minutes(10);
/** The shortest lease a client gets by asking for less (option 51). */
export const MIN_LEASE_TIME = Minutes(2);
/** The longest lease there can be; what the journal holds beyond it comes from a clock that was or is wrong. */
export const MAX_LEASE_TIME = Days(365);
/** A warning of the same text is given again after this. */
export const WARNING_INTERVAL = Hours(1);

/** A client is known once it has come back for its lease this long after the first; one with a reservation always is. */
export const KNOWN_AFTER = Hours(1);
/** How long a known client is counted on to come back. */
export const KNOWN_MEMORY = Days(7);
/**
 * Of the pool, one address in so many is kept for known clients that are not here now, as far as there are such: a new
 * client is not answered when no more than those are free.
 */
export const KNOWN_SHARE = 8;

/** Addresses probed or offered at one time; at the cap clients that are not known are not answered. */
export const MAX_OFFERS = 4096;
/** Addresses probed at one time; at the cap an address is offered without a probe. */
export const MAX_PROBES = 256;
/** Addresses found in use for one DISCOVER; at the cap it is not answered: the client asks again, later and later. */
export const MAX_MISSES = 8;
/** Of these so many by one device make it known to answer for addresses of others. */
export const PROXIED = 4;
/**
 * Addresses found in use one after the other, whoever asked and whoever answered; at the cap ARP is not believed for a while,
 * and after as many that answered a ping, neither are pings.
 */
export const MAX_MISSES_IN_ROW = 32;
export const DOUBT_TIME = Hours(1);
/** Devices known to answer ARP for addresses of others; at the cap no more are believed to. */
export const MAX_PROXIES = 8;
/** Addresses remembered; at the cap the one free for longest is given again before a fresh one. */
export const MAX_ENTRIES = 32_768;
/** Offers never taken that are remembered; at the cap the oldest is forgotten. */
export const MAX_LAPSED = 1024;
/** Addresses listed as nobody's; those above the cap are found by going through the pool once more. */
export const MAX_FORGOTTEN = 1024;
/** Addresses in quarantine; at the cap the oldest goes back to the pool, so that false DECLINEs cannot empty it. */
export const MAX_QUARANTINE = 64;
/** One of so many addresses of the pool may be in quarantine, where that is less. */
export const QUARANTINE_SHARE = 2;
/** Warnings remembered as given; at the cap all are forgotten. */
export const MAX_WARNINGS = 64;

/**
 * Messages taken in a second: from one client, from all that have an address, a reservation or an offer here, and from
 * all others together; more are dropped. So strangers, however many, take nothing from those with a lease.
 */
export const MAX_PER_CLIENT = 20;
export const MAX_FAMILIAR_PER_SECOND = 10_000;
export const MAX_STRANGERS_PER_SECOND = 8000;
export const RATE_WINDOW = Seconds(1);
/**
 * New leases of clients that are not known, each of which is written to the flash: so many at once, and so many in a
 * second after that; further ones are not answered. More than any LAN has devices, and less than wears a card out.
 */
export const MAX_NEW_LEASES = 65_536;
export const NEW_LEASES_PER_SECOND = 10;
/** What is kept of what a client says it is (option 60). */
export const MAX_VENDOR = 64;
