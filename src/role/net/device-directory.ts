import { formatAddress, tryParseAddress } from '../../base/address.ts';
import { UserError } from '../../base/errors.ts';
import type { Ipv4 } from '../../base/ipv4.ts';
import type { Ipv6 } from '../../base/ipv6.ts';
import { type Mac, tryParseMac } from '../../base/mac.ts';
import { asciiLower } from '../../base/text.ts';

type Address = Ipv4 | Ipv6;

/** Something that says which device has which address, name or both. */
export interface Sighting {
  readonly mac: Mac;
  readonly address: Address;
  readonly name: string | undefined;
}

/** A machine of the LAN. */
export interface LanDevice {
  readonly mac: Mac;
  readonly name: string | undefined;
  readonly addresses: readonly Address[];
}

/** Names an owner is offered in place of one that is not known. */
const MAX_SUGGESTIONS = 5;

/** The machines of the LAN by everything they are known by: reservations, leases, neighbours. */
export class DeviceDirectory {
  readonly #byMac = new Map<Mac, LanDevice>();
  readonly #byAddress = new Map<Address, LanDevice>();
  readonly #byName = new Map<string, LanDevice>();
  readonly #domain: string;

  /** What comes first counts where two claim a name or an address: the owner's word before what devices say. */
  constructor(sightings: readonly Sighting[], domain: string) {
    this.#domain = domain;
    // One device that answers for thousands of addresses, as a stranger may, must not cost them squared.
    for (const [mac, seen] of Map.groupBy(sightings, (one) => one.mac)) {
      const name = seen.find((one) => one.name !== undefined)?.name;
      this.#byMac.set(mac, { mac, name, addresses: [...new Set(seen.map(({ address }) => address))] });
    }
    for (const { mac, address, name } of sightings) {
      const device = this.#byMac.get(mac);
      if (device === undefined) continue;
      if (!this.#byAddress.has(address)) this.#byAddress.set(address, device);
      const label = asciiLower(name ?? '');
      if (label !== '' && !this.#byName.has(label)) this.#byName.set(label, device);
    }
  }

  get all(): readonly LanDevice[] {
    return [...this.#byMac.values()];
  }

  ofMac(mac: Mac): LanDevice | undefined {
    return this.#byMac.get(mac);
  }

  ofAddress(address: Address): LanDevice | undefined {
    return this.#byAddress.get(address);
  }

  /** By its label, or by its whole name under the office's domain. */
  ofName(name: string): LanDevice | undefined {
    const whole = asciiLower(name).replace(/\.$/, '');
    const suffix = `.${this.#domain}`;
    return this.#byName.get(whole.endsWith(suffix) ? whole.slice(0, -suffix.length) : whole);
  }

  /**
   * What an owner means by a name, a MAC address or an address. A MAC address nobody was seen with is taken at its word.
   * @throws UserError with names that are known
   */
  find(text: string): LanDevice {
    const mac = tryParseMac(text);
    if (mac !== undefined) return this.ofMac(mac) ?? { mac, name: undefined, addresses: [] };
    const address = tryParseAddress(text);
    const device = address === undefined ? this.ofName(text) : this.ofAddress(address);
    if (device !== undefined) return device;
    throw new UserError(`Cannot find the device "${text}": ${this.#known(text)}`);
  }

  /** How people know the machine with an address: its name, else the address. */
  label(address: Address): string {
    return this.ofAddress(address)?.name ?? formatAddress(address);
  }

  #known(text: string): string {
    const wanted = asciiLower(text);
    const shared = (name: string): number => {
      let length = 0;
      while (length < name.length && name[length] === wanted[length]) length++;
      return length;
    };
    const names = [...this.#byName.keys()]
      .toSorted((a, b) => shared(b) - shared(a))
      .slice(0, MAX_SUGGESTIONS);
    return names.length === 0
      ? 'no device has a name now; its MAC address would do'
      : `known are ${names.join(', ')}; a MAC address would do as well`;
  }
}
