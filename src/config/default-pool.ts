import type { Ipv4 } from '../base/ipv4.ts';
import { type Prefix4, lastAddress4, network4 } from '../base/prefix.ts';
import type { AddressRange } from './values.ts';

const SIZE = 100;

/** The pool of a LAN (up to /30) without settings: its first hundred host addresses; the own one is skipped when it is given out. */
export function defaultPool(lan: Prefix4): AddressRange {
  const first = network4(lan) + 1;
  return { first: first as Ipv4, last: (Math.min(first + SIZE, lastAddress4(lan)) - 1) as Ipv4 };
}
