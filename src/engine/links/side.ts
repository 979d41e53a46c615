import { tryParseMac } from '../../base/mac.ts';
import { addressBefore } from './mark.ts';
import type { ObservedLink } from './observed.ts';
import { findVlan } from './our-vlan.ts';
import { wanDeviceName } from './wan-device.ts';
import { LAN_BRIDGE, type WantedLinks, type WantedSide, type WantedWan } from './wanted.ts';

/** A side of the box with the devices found for it. */
export interface Side {
  readonly wanted: WantedSide;
  /** The device with the addresses; undefined while it is missing or the bridge not yet created. */
  readonly base: ObservedLink | undefined;
  /** The devices that were named and are there; for an unbridged side the base alone. */
  readonly members: readonly ObservedLink[];
  readonly bridged: boolean;
  /** The VLAN device on the only member that has the addresses. */
  readonly vlan?: { readonly name: string; readonly tag: number } | undefined;
  /** The names nothing was found for. */
  readonly missing: readonly string[];
}

// Devices stacked on another one show that one's hardware address as theirs.
const STACKED = new Set(['bridge', 'bond', 'vlan', 'macvlan', 'ipvlan', 'team']);

/** The device with this interface name, or with the hardware address behind `mac:`. */
export function findDevice(links: readonly ObservedLink[], name: string): ObservedLink | undefined {
  if (!name.startsWith('mac:')) return links.find((link) => link.name === name);
  const mac = tryParseMac(name.slice(4));
  if (mac === undefined) return undefined;
  // The burnt-in address first: a cloned one must not make a port be taken for another.
  return (
    links.find((link) => link.permanentMac === mac) ??
    links.find((link) => addressBefore(link.description) === mac) ??
    links.find((link) => link.mac === mac && !STACKED.has(link.kind ?? ''))
  );
}

/** The LAN bridge, ours or of an earlier run. */
export function findBridge(links: readonly ObservedLink[]): ObservedLink | undefined {
  return links.find(({ name, kind }) => name === LAN_BRIDGE && kind === 'bridge');
}

function resolve(links: readonly ObservedLink[], names: readonly string[]) {
  const members = new Set<ObservedLink>();
  const missing: string[] = [];
  for (const name of names) {
    const link = findDevice(links, name);
    if (link === undefined) missing.push(name);
    else members.add(link);
  }
  return { members: [...members], missing };
}

/** The devices of both sides as far as they are wanted. */
export function findSides(wanted: WantedLinks, links: readonly ObservedLink[]): { lan?: Side; wan?: Side } {
  const sides: { lan?: Side; wan?: Side } = {};
  if (wanted.lan !== undefined) {
    const bridged = wanted.lan.devices.length > 1;
    const found = resolve(links, wanted.lan.devices);
    sides.lan = {
      wanted: wanted.lan,
      base: bridged ? findBridge(links) : found.members[0],
      bridged,
      ...found,
    };
  }
  if (wanted.wan !== undefined) {
    sides.wan = wanSide(wanted.wan, links);
  }
  return sides;
}

function wanSide(wanted: WantedWan, links: readonly ObservedLink[]): Side {
  const found = resolve(links, [wanted.device]);
  const [device] = found.members;
  const side = { wanted, bridged: false, ...found };
  if (wanted.vlan === undefined || device === undefined) {
    return { ...side, base: wanted.vlan === undefined ? device : undefined };
  }
  const vlan = { name: wanDeviceName(device.name, wanted.vlan), tag: wanted.vlan };
  return { ...side, base: findVlan(links, device, vlan), vlan };
}
