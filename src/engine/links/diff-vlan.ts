import type { LinkChange } from './change.ts';
import type { ObservedLink, ObservedNetwork } from './observed.ts';
import { isOurVlan } from './our-vlan.ts';
import type { Side } from './side.ts';

/** What makes the VLAN device of a side, once the device below it is there. One of another tag must go first. */
export function diffVlan(side: Side, observed: ObservedNetwork): LinkChange[] {
  const { base, vlan, wanted } = side;
  const [lower] = side.members;
  if (vlan === undefined || base !== undefined || lower === undefined || !wanted.up) return [];
  const found = observed.links.find(({ name }) => name === vlan.name);
  if (found !== undefined) return isOurVlan(found) ? [deletion(found)] : [];
  return [
    { kind: 'create-vlan', device: vlan.name, lower: lower.index, lowerName: lower.name, tag: vlan.tag },
    { kind: 'mark-device', device: vlan.name },
  ];
}

/** Why the VLAN device cannot be made; undefined if it can. */
export function foreignVlan({ base, vlan }: Side, { links }: ObservedNetwork): string | undefined {
  if (vlan === undefined || base !== undefined) return undefined;
  const found = links.find(({ name }) => name === vlan.name);
  if (found === undefined || isOurVlan(found)) return undefined;
  return `Cannot use the VLAN tag ${vlan.tag} on the WAN: a device named ${vlan.name} exists that the box has not made; rename or remove it`;
}

/** VLAN devices of earlier configurations, once the device that takes over is there. */
export function leftoverVlans(wan: Side | undefined, { links }: ObservedNetwork): ObservedLink[] {
  const base = wan?.base;
  return base === undefined ? [] : links.filter((link) => isOurVlan(link) && link.index !== base.index);
}

export function deletion({ name: device, index }: ObservedLink): LinkChange {
  return { kind: 'delete-device', device, index };
}
