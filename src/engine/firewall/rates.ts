import { Days, type Duration, Seconds } from '../../base/duration.ts';
import type { Rate } from './action.ts';

/**
 * New connections, or pings, of one sender on the WAN: an IPv4 address or a /64 of IPv6. Far above what people behind
 * one address and the programs of a branch office do, far below what a scan or a flood does; what is above is dropped.
 */
export const SENDER_RATE = {
  TCP: { perSecond: 50, burst: 200 },
  UDP: { perSecond: 50, burst: 200 },
  ICMP: { perSecond: 10, burst: 20 },
} as const satisfies Readonly<Record<string, Rate>>;

/**
 * The senders remembered for each protocol and family, and how long after their last packet. When there is no room for
 * one more, those that are remembered stay limited, new ones are not limited one by one: a flood from made-up addresses
 * then meets TOTAL_RATE, which needs no memory.
 */
export const MAX_SENDERS = 8192;
export const SENDER_MEMORY: Duration = Seconds(10);

/**
 * All senders on the WAN together. An entry of conntrack without an answer lives for two minutes (nf_conntrack_tcp_timeout_syn_sent),
 * so that a flood holds at most 25 000 of them. Services of the box and LAN devices are apart: a flood of one leaves
 * the other reachable.
 */
export const TOTAL_RATE = {
  SERVICES: { perSecond: 200, burst: 1000 },
  DEVICES: { perSecond: 200, burst: 1000 },
  PINGS: { perSecond: 100, burst: 200 },
} as const satisfies Readonly<Record<string, Rate>>;

/** Messages about dropped packets, for each reason. */
export const LOG_RATE: Rate = { perSecond: 5, burst: 20 };

/**
 * The LAN addresses that are counted one by one, for each direction and family, and how long after their last packet.
 * When there is no room for one more, it is let through without a count of its own; the totals of the direction have it.
 */
export const MAX_COUNTED_ADDRESSES = 4096;
export const ADDRESS_MEMORY: Duration = Days(30);
/** Devices take new IPv6 addresses every day (RFC 8981) and use them for a week at most. */
export const ADDRESS6_MEMORY: Duration = Days(7);
