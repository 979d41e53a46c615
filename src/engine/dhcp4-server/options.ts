import type { Duration } from '../../base/duration.ts';
import type { Ipv4 } from '../../base/ipv4.ts';
import type { Mac } from '../../base/mac.ts';
import type { Prefix4 } from '../../base/prefix.ts';
import type { ClientKey } from '../../wire/dhcp4/client-key.ts';

/**
 * An address kept for one device, which is known by any of its client identifier, its MAC address, and what it calls
 * itself, in this order. The last is the weakest: any device may call itself so, and one that does gets the address
 * while nobody else has it.
 */
export interface Reservation {
  readonly mac?: Mac | undefined;
  readonly client?: ClientKey | undefined;
  /** As a host label. */
  readonly hostName?: string | undefined;
  readonly address: Ipv4;
  /** The name of the device, whatever it calls itself. */
  readonly name?: string | undefined;
}

export interface AddressRange {
  readonly first: Ipv4;
  readonly last: Ipv4;
}

export interface Dhcp4ServerOptions {
  /** The box's own address on the LAN: server identifier, and the prefix that clients get. */
  readonly server: Prefix4;
  readonly pool: AddressRange;
  /** Addresses of the pool that are never given. */
  readonly exclude: readonly AddressRange[];
  readonly reservations: readonly Reservation[];
  /** Given to every client, unless it asks for less. */
  readonly leaseTime: Duration;
  /** Options 3, 6 and 42; an empty list is not sent. */
  readonly routers: readonly Ipv4[];
  readonly dnsServers: readonly Ipv4[];
  readonly timeServers: readonly Ipv4[];
  /** Option 15. */
  readonly domain: string | undefined;
  /** Further options by number, given to every client; one of these takes the place of a derived one. */
  readonly custom: ReadonlyMap<number, Uint8Array>;
}

/** Who asks: what the server knows it by, its Ethernet address, and what it calls itself as a host label. */
export interface Identity {
  readonly client: ClientKey;
  readonly mac: Mac;
  readonly label?: string | undefined;
}
