import type { Duration } from '../../base/duration.ts';
import type { Ipv4 } from '../../base/ipv4.ts';
import type { Mac } from '../../base/mac.ts';
import { type Prefix4, isHost4, lastAddress4, network4 } from '../../base/prefix.ts';
import type { ClientKey } from '../../wire/dhcp4/client-key.ts';

/** An address kept for one device, known by its MAC address, its client identifier, or both. */
export interface Reservation {
  readonly mac?: Mac | undefined;
  readonly client?: ClientKey | undefined;
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
  readonly exclude: readonly Ipv4[];
  readonly reservations: readonly Reservation[];
  /** Given to every client, unless it asks for less. */
  readonly leaseTime: Duration;
  /** Options 3, 6 and 42; an empty list is not sent. */
  readonly routers: readonly Ipv4[];
  readonly dnsServers: readonly Ipv4[];
  readonly timeServers: readonly Ipv4[];
  /** Option 15. */
  readonly domain: string | undefined;
  /** Further options by number; one of these takes the place of a derived one. */
  readonly custom: ReadonlyMap<number, Uint8Array>;
}

const DEFAULT_POOL_SIZE = 100;

/** The pool of a LAN without settings: its first hundred host addresses; the own one is skipped when it is given out. */
export function defaultPool(server: Prefix4): AddressRange {
  const pointToPoint = server.length >= 31;
  const first = network4(server) + (pointToPoint ? 0 : 1);
  const end = lastAddress4(server) - (pointToPoint ? 0 : 1);
  return { first: first as Ipv4, last: Math.min(first + DEFAULT_POOL_SIZE - 1, end) as Ipv4 };
}

/** Who asks: what the server knows it by, and its Ethernet address. */
export interface Identity {
  readonly client: ClientKey;
  readonly mac: Mac;
}

/** The options with what is looked up for each message prepared. */
export class ServerPlan {
  readonly options: Dhcp4ServerOptions;
  readonly #exclude: ReadonlySet<Ipv4>;
  readonly #byMac = new Map<Mac, Reservation>();
  readonly #byClient = new Map<ClientKey, Reservation>();
  readonly #byAddress = new Map<Ipv4, Reservation>();

  constructor(options: Dhcp4ServerOptions) {
    this.options = options;
    this.#exclude = new Set(options.exclude);
    for (const reservation of options.reservations) {
      this.#byAddress.set(reservation.address, reservation);
      if (reservation.mac !== undefined) this.#byMac.set(reservation.mac, reservation);
      if (reservation.client !== undefined) this.#byClient.set(reservation.client, reservation);
    }
  }

  /** By client identifier before MAC address: an identifier was written down on purpose. */
  reservationOf(who: Identity): Reservation | undefined {
    return this.#byClient.get(who.client) ?? this.#byMac.get(who.mac);
  }

  /** Whether the address may be this client's: its reserved one, or one of the pool that is nobody's. */
  mayHold(who: Identity, address: Ipv4): boolean {
    if (address === this.options.server.address || !isHost4(this.options.server, address)) return false;
    const reservation = this.#byAddress.get(address);
    if (reservation !== undefined) return reservation === this.reservationOf(who);
    const { first, last } = this.options.pool;
    return address >= first && address <= last && !this.#exclude.has(address);
  }
}
