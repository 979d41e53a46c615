import type { Ipv4 } from '../../base/ipv4.ts';
import type { Mac } from '../../base/mac.ts';
import { isHost4, lastAddress4, network4 } from '../../base/prefix.ts';
import type { ClientKey } from '../../wire/dhcp4/client-key.ts';
import { AddressRanges } from './address-ranges.ts';
import { type BootFields, bootFieldsOf } from './boot-fields.ts';
import { withDefaultRoute } from './default-route.ts';
import type { TablePlan } from './lease-table.ts';
import type { AddressRange, Dhcp4ServerOptions, Identity, Reservation } from './options.ts';

const alone = (address: Ipv4): AddressRange => ({ first: address, last: address });

/** The options with what is looked up for each message prepared. The size of the pool costs nothing. */
export class ServerPlan implements TablePlan {
  readonly options: Dhcp4ServerOptions;
  /** What is sent besides the derived options. */
  readonly custom: ReadonlyMap<number, Uint8Array>;
  readonly boot: BootFields;
  /** The configured one as far as it lies in the prefix; empty if its last address is below the first. */
  readonly pool: AddressRange;
  /** Addresses that are for whoever comes. */
  readonly poolSize: number;
  /** What of the pool is not for whoever comes. */
  readonly #kept: AddressRanges;
  readonly #byMac = new Map<Mac, Reservation>();
  readonly #byClient = new Map<ClientKey, Reservation>();
  readonly #byLabel = new Map<string, Reservation>();
  readonly #byAddress = new Map<Ipv4, Reservation>();

  constructor(options: Dhcp4ServerOptions) {
    this.options = options;
    this.custom = withDefaultRoute(options);
    this.boot = bootFieldsOf(options.custom);
    for (const reservation of options.reservations) {
      const { mac, client, hostName, address } = reservation;
      this.#byAddress.set(address, reservation);
      if (mac !== undefined) this.#byMac.set(mac, reservation);
      if (client !== undefined) this.#byClient.set(client, reservation);
      if (hostName !== undefined) this.#byLabel.set(hostName, reservation);
    }
    const { server, exclude, reservations } = options;
    const pool = {
      first: Math.max(options.pool.first, network4(server)) as Ipv4,
      last: Math.min(options.pool.last, lastAddress4(server)) as Ipv4,
    };
    this.pool = pool;
    const ends = server.length >= 31 ? [] : [alone(network4(server)), alone(lastAddress4(server))];
    const taken = [alone(server.address), ...ends, ...reservations.map(({ address }) => alone(address))];
    this.#kept = new AddressRanges([...exclude, ...taken], pool);
    this.poolSize = Math.max(0, pool.last - pool.first + 1) - this.#kept.size;
  }

  /** By client identifier before MAC address, for one was written down on purpose; by what the device calls itself last. */
  reservationOf({ client, mac, label }: Identity): Reservation | undefined {
    return (
      this.#byClient.get(client) ??
      this.#byMac.get(mac) ??
      (label === undefined ? undefined : this.#byLabel.get(label))
    );
  }

  reservationAt(address: Ipv4): Reservation | undefined {
    return this.#byAddress.get(address);
  }

  isPooled(address: Ipv4): boolean {
    return address >= this.pool.first && address <= this.pool.last && !this.#kept.has(address);
  }

  isGiven(address: Ipv4): boolean {
    return this.#byAddress.has(address) || this.isPooled(address);
  }

  /** Whether the address may be this client's: its reserved one, or one of the pool that is nobody's. */
  mayHold(who: Identity, address: Ipv4): boolean {
    const { server } = this.options;
    if (address === server.address || !isHost4(server, address)) return false;
    const reservation = this.#byAddress.get(address);
    return reservation === undefined ? this.isPooled(address) : reservation === this.reservationOf(who);
  }

  /** `address`, or the next one of the pool that is for whoever comes; undefined at the end. */
  nextPooled(address: Ipv4): Ipv4 | undefined {
    const next = this.#kept.skip(address);
    return next <= this.pool.last ? (next as Ipv4) : undefined;
  }
}
