import type { FirewallOptions, FirewallService, PortForward } from './options.ts';

/** Whether every element of one list is in another, whatever their order. */
function isPartOf(some: readonly unknown[], all: readonly unknown[]): boolean {
  const texts = new Set(all.map((one) => JSON.stringify(one)));
  return some.every((one) => texts.has(JSON.stringify(one)));
}

function isSame(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

/** Forwards in force, without what they are called. */
function inForce({ forwards }: FirewallOptions): readonly object[] {
  return forwards
    .filter(({ enabled }) => enabled)
    .map(({ protocol, port, to, toPort, from }) => ({ protocol, port, to, toPort, from }));
}

function ends({ oneToOne }: FirewallOptions): readonly object[] {
  return oneToOne.map(({ address, to }) => ({ address, to }));
}

function takes({ protocol, port, enabled }: PortForward, service: FirewallService): boolean {
  const isIts = protocol === 'both' || protocol === service.protocol;
  return enabled && isIts && port.first <= service.port && service.port <= port.last;
}

/** From inside, a forward takes a port of the public address from a service that the LAN reached there until now. */
function takesFromLan(before: FirewallOptions, after: FirewallOptions): boolean {
  const added = after.forwards.filter(
    (forward) => !isPartOf(inForce({ ...after, forwards: [forward] }), inForce(before)),
  );
  return added.some((forward) => before.lanServices.some((service) => takes(forward, service)));
}

/**
 * Whether rules made from other options may forbid a connection that the former ones let begin. Few changes cannot: a line more
 * that opens something, or one less that closes something. What is not surely harmless may forbid.
 */
export function mayForbid(before: FirewallOptions, after: FirewallOptions): boolean {
  const isWhole = (['mode', 'wan', 'lan', 'lanNetworks', 'hairpin'] as const).every((key) =>
    isSame(before[key], after[key]),
  );
  // The exposed host has what services leave: one more takes a port from it.
  const isExposed = before.exposedHost !== null;
  const services = (['lanServices', 'publicServices'] as const).every((key) =>
    isExposed ? isSame(before[key], after[key]) : isPartOf(before[key], after[key]),
  );
  const forwards = isExposed
    ? isSame(inForce(before), inForce(after))
    : isPartOf(inForce(before), inForce(after)) && !takesFromLan(before, after);
  return !(
    isWhole &&
    services &&
    forwards &&
    isPartOf(ends(before), ends(after)) &&
    (!isExposed || before.exposedHost === after.exposedHost) &&
    isPartOf(after.blocked.macs, before.blocked.macs) &&
    isPartOf(after.blocked.addresses.map(String), before.blocked.addresses.map(String)) &&
    (after.pingFromWan || !before.pingFromWan)
  );
}
