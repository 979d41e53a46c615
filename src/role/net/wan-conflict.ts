import { type Prefix4, contains4, formatPrefix4 } from '../../base/prefix.ts';
import type { Config } from '../../config/schema.ts';
import type { WanAddress } from '../../service/wan/wan-state.ts';

/*
 * What a provider must not be able to do, by mistake or on purpose: take packets of the office to the WAN.
 * The longest prefix wins in the kernel, whatever the metric.
 */

/** Why an address of the WAN cannot be used; undefined if it can. */
export function wanConflict({ lan }: Config, { prefix }: WanAddress): string | undefined {
  if (!contains4(lan.address, prefix.address) && !contains4(prefix, lan.address.address)) return undefined;
  return `The provider gave ${formatPrefix4(prefix)}, which the LAN ${formatPrefix4(lan.address)} overlaps: it is not used; another lan.address is wanted`;
}

/** Whether a route of the provider would be preferred to the LAN, or to a part of it. */
export function coversLan({ lan }: Config, destination: Prefix4): boolean {
  return destination.length >= lan.address.length && contains4(lan.address, destination.address);
}
