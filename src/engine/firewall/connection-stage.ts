import { IPS } from '../../wire/nftables/expression/ct.ts';
import { type Statement, connectionStatus } from './statement.ts';

/** How a connection stands in conntrack: that its first packet has left, and which of its ends were translated. */
export const ENTERED = IPS.CONFIRMED | IPS.SRC_NAT | IPS.DST_NAT;

/** It went out by the WAN under the address of the box; nothing else gets another source and keeps its destination. */
export const BEGUN_BEHIND_US = IPS.CONFIRMED | IPS.SRC_NAT;

/** It was led to a device under the device's own address; a hairpin to another device gets another source as well. */
export const LED_TO_DEVICE = IPS.CONFIRMED | IPS.DST_NAT;

/** Of a connection that both sides have used, translated as `begun` says. The handshake, which the clamp is for, is over. */
export function inUse(begun: number): Statement {
  return connectionStatus(begun | IPS.ASSURED, ENTERED | IPS.ASSURED);
}

/** Of a connection that has been answered: its first SYN, the one that counts, has been clamped. */
export function answered(begun: number): Statement {
  return connectionStatus(begun | IPS.SEEN_REPLY, ENTERED | IPS.SEEN_REPLY);
}
