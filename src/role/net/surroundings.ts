import type { ObservedNetwork } from '../../engine/links/observed.ts';
import type { BoxDevice, BoxRoute, Surroundings } from '../../engine/firewall/evaluate/surroundings.ts';

/** Where the box stands, from what the kernel has: its devices with their IPv4 addresses, and its routes. */
export function surroundingsOf({ links, addresses, routes }: ObservedNetwork): Surroundings {
  const devices = links.map(({ index, name }): BoxDevice => ({
    name,
    addresses: addresses
      .filter((one) => one.index === index)
      .map(({ address, length }) => ({ address, length })),
  }));
  const names = new Map(links.map(({ index, name }) => [index, name]));
  const ways = routes.flatMap(({ index, destination, length, gateway }): BoxRoute[] => {
    const device = index === undefined ? undefined : names.get(index);
    // A network on the link itself is told by the address in it.
    if (device === undefined || gateway === undefined) return [];
    return [{ destination: { address: destination, length }, device, gateway }];
  });
  return { devices, routes: ways };
}
