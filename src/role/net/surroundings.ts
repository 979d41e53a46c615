import type { ObservedNetwork } from '../../engine/links/observed.ts';
import type { BoxDevice, BoxRoute, Surroundings } from '../../engine/firewall/evaluate/surroundings.ts';
import type { Ipv6Network } from '../../service/links/ipv6-network.ts';

/** Where the box stands, from what the kernel has: its devices with their addresses, and its routes, of both families. */
export function surroundingsOf(network: ObservedNetwork, six: Ipv6Network): Surroundings {
  const addresses = [...network.addresses, ...six.addresses];
  const devices = network.links.map(({ index, name }): BoxDevice => ({
    name,
    addresses: addresses
      .filter((one) => one.index === index)
      .map(({ address, length }) => ({ address, length }) as BoxDevice['addresses'][number]),
  }));
  const names = new Map(network.links.map(({ index, name }) => [index, name]));
  const ways = [...network.routes, ...six.routes].flatMap(
    ({ index, destination, length, gateway }): BoxRoute[] => {
      const device = index === undefined ? undefined : names.get(index);
      // A network on the link itself is told by the address in it.
      if (device === undefined || gateway === undefined) return [];
      const prefix = { address: destination, length } as BoxRoute['destination'];
      return [{ destination: prefix, device, gateway }];
    },
  );
  return { devices, routes: ways, keepsIpv6: true };
}
