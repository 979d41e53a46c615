import type { Mac } from '../../base/mac.ts';
import type { LinkChange } from './change.ts';
import { addressBefore, noteAddress, withoutAddress } from './mark.ts';
import type { ObservedLink } from './observed.ts';

/**
 * The hardware address of the WAN's device: the wanted one, or the one it had before the box replaced it. What is put back is
 * not simply the permanent address: a board may have set another one before this program began, and some devices
 * have none. Many drivers change it only while the device is off (eth_prepare_mac_addr_change()), so it is
 * switched off first; switching on again is the next round's.
 */
export function diffMac(link: ObservedLink, wanted: Mac | undefined): LinkChange[] {
  const before = addressBefore(link.description);
  if (wanted === undefined)
    return before === undefined ? [] : setMac(link, before, withoutAddress(link.description));
  if (link.mac === undefined || link.mac === wanted) return [];
  if (before === wanted) return setMac(link, wanted, withoutAddress(link.description));
  return setMac(link, wanted, noteAddress(link.description, before ?? link.mac));
}

function setMac({ name: device, index, up }: ObservedLink, mac: Mac, description: string): LinkChange[] {
  const change: LinkChange = { kind: 'set-mac', device, index, mac, description };
  return up ? [{ kind: 'set-up', device, index, up: false }, change] : [change];
}

/** Devices that were the WAN's in an earlier configuration get their own address back. */
export function restoreMacs(links: readonly ObservedLink[], wan: ObservedLink | undefined): LinkChange[] {
  if (wan === undefined) return [];
  return links.filter(({ index }) => index !== wan.index).flatMap((link) => diffMac(link, undefined));
}
