import { type Ipv4, ipv4Bytes, ipv4FromBytes } from '../../base/ipv4.ts';
import { type Prefix4, network4 } from '../../base/prefix.ts';
import type { Field } from '../field/field.ts';
import { ipv4 } from '../field/scalars.ts';

/** One classless static route. `router` 0.0.0.0 means on-link. */
export interface StaticRoute {
  readonly destination: Prefix4;
  readonly router: Ipv4;
}

/** Destination descriptors (RFC 3442): prefix length, only the significant octets of the network, then the router. */
export const classlessRoutes: Field<readonly StaticRoute[]> = {
  decode(reader) {
    const routes: StaticRoute[] = [];
    while (reader.remaining > 0) {
      const length = reader.u8();
      if (length > 32) throw reader.error(`a prefix length up to 32 is wanted, found ${length}`);
      const octets = new Uint8Array(4);
      octets.set(reader.bytes(Math.ceil(length / 8)));
      // RFC 3442: bits beyond the prefix length must be ignored.
      const address = network4({ address: ipv4FromBytes(octets), length });
      routes.push({ destination: { address, length }, router: ipv4.decode(reader) });
    }
    if (routes.length === 0) throw reader.error('at least one route is wanted');
    return routes;
  },
  encode(writer, routes) {
    for (const { destination, router } of routes) {
      const octets = ipv4Bytes(network4(destination)).subarray(0, Math.ceil(destination.length / 8));
      writer.u8(destination.length).bytes(octets).bytes(ipv4Bytes(router));
    }
  },
};
