import type { LinkChange } from './change.ts';
import { diffAddresses, staleAddresses } from './diff-addresses.ts';
import { diffDevices, diffSwitchOff, leftoverBridge } from './diff-devices.ts';
import { diffRoutes, staleRoutes } from './diff-routes.ts';
import { diffMac, restoreMacs } from './diff-mac.ts';
import { deletion, foreignVlan, leftoverVlans } from './diff-vlan.ts';
import type { ObservedLink, ObservedNetwork } from './observed.ts';
import { isOurVlan } from './our-vlan.ts';
import { type Side, findSides } from './side.ts';
import type { WantedLinks } from './wanted.ts';

export interface LinksDifference {
  /** In the order to carry them out; empty when all is as wanted. */
  readonly changes: readonly LinkChange[];
  /** Devices named and not there: they are waited for. */
  readonly missing: readonly string[];
  /** Why a part of what is wanted cannot be had, whatever the kernel says; all else is done. */
  readonly refusals: readonly string[];
  /** The device with the addresses of each side, undefined while there is none. */
  readonly lan: ObservedLink | undefined;
  readonly wan: ObservedLink | undefined;
}

/**
 * What leads from the observed to the wanted state as far as it can be told now; after carrying it out observe and
 * ask again until nothing is left (a new bridge has its index only then, and removing an address may take
 * routes and secondary addresses with it).
 *
 * The new comes before the old goes, so that nothing is without address or route in between. Touched are the IPv4
 * addresses of the named devices and the routes with our protocol number, never those of others. What is ours on
 * devices of neither side is removed only once both sides are known.
 * @throws UserError when a device that is no bridge has the name of the LAN bridge
 */
export function diffLinks(wanted: WantedLinks, observed: ObservedNetwork): LinksDifference {
  const { lan, wan } = findSides(wanted, observed.links);
  const sides = [lan, wan].filter((side) => side !== undefined);
  const addresses = sides.map((side) => diffAddresses(side, observed));
  const routes = sides.map((side) => diffRoutes(side, observed));
  const bridge = leftoverBridge(lan, observed);
  const known = isComplete(sides);
  const gone = [...(bridge === undefined ? [] : [bridge]), ...(known ? leftoverVlans(wan, observed) : [])];
  const stale = known ? findStale(sides, bridge, observed) : [];
  const changes: LinkChange[] = [
    ...diffLoopback(observed),
    // Before all else: a VLAN device takes its hardware address over from the one below.
    ...(wan?.members ?? []).flatMap((device) => diffMac(device, wanted.wan?.mac)),
    ...(known ? restoreMacs(observed.links, wan?.members[0]) : []),
    ...distinct(sides.flatMap((side) => diffDevices(side, observed))),
    ...addresses.flatMap(({ add }) => add),
    ...routes.flatMap(({ add }) => add),
    ...routes.flatMap(({ remove }) => remove),
    ...addresses.flatMap(({ remove }) => remove),
    ...stale,
    ...sides.flatMap(diffSwitchOff),
    ...gone.map(deletion),
  ];
  return {
    changes,
    refusals: sides.map((side) => foreignVlan(side, observed)).filter((text) => text !== undefined),
    missing: sides.flatMap(({ missing }) => missing),
    lan: lan?.base,
    wan: wan?.base,
  };
}

/** A namespace begins with it switched off, and the box's own programs talk over it. */
function diffLoopback({ links }: ObservedNetwork): LinkChange[] {
  return links
    .filter(({ loopback, up }) => loopback && !up)
    .map(({ name: device, index }) => ({ kind: 'set-up', device, index, up: true }));
}

/** A port that moves from the bridge to the WAN is told to leave by both sides. */
function distinct(changes: readonly LinkChange[]): LinkChange[] {
  return [...new Map(changes.map((change) => [JSON.stringify(change), change])).values()];
}

function isComplete(sides: readonly Side[]): boolean {
  return sides.length === 2 && sides.every(({ wanted }) => wanted.ipv4 !== undefined);
}

function findStale(
  sides: readonly Side[],
  bridge: ObservedLink | undefined,
  observed: ObservedNetwork,
): LinkChange[] {
  const devices = sides.flatMap(({ base, members }) => [base, ...members]);
  // What is on the bridge goes with it, and so does what is on VLAN devices, which stay until another is in their place.
  const going = [bridge, ...observed.links.filter(isOurVlan)];
  const kept = new Set([...devices, ...going].map((link) => link?.index ?? 0));
  return [...staleRoutes(observed, kept), ...staleAddresses(observed, kept)];
}
