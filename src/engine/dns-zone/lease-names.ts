import { hostLabel } from '../../base/host-label.ts';
import { type Ipv4, formatIpv4 } from '../../base/ipv4.ts';
import { type DomainName, ancestorsOf, joinNames } from '../../wire/dns/domain-name.ts';
import { reverseName } from '../../wire/dns/reverse-name.ts';

/** Clients that have or want a name at one time; at the cap further ones are refused. */
const MOST_NAMES = 4096;

/** Names that programs look for by themselves to learn a proxy, a tunnel or a mail server: a guest must not be found there. */
const SOUGHT = ['wpad', 'isatap', 'autoconfig', 'autodiscover'];

/** Whether a client has its name now, and if not, why. */
export type NameGrant =
  | { readonly granted: true; readonly name: DomainName }
  | { readonly granted: false; readonly reason: string };

/** A name that the owner keeps for the device with this address. */
export interface ReservedName {
  readonly name: DomainName;
  readonly address: Ipv4;
}

interface Wish {
  readonly text: string;
  /** Undefined where the text makes no name. */
  readonly name: DomainName | undefined;
}

/**
 * Which client has which name under the domain: the only place that decides it. The first to come keeps it until its
 * lease ends; who wants the same name waits for that, and is told why. Names of the box, of static records and of
 * reservations are no one else's.
 */
export class LeaseNames {
  readonly #domain: DomainName;
  #reserved: ReadonlyMap<DomainName, Ipv4> = new Map();
  #taken: ReadonlySet<DomainName> = new Set();
  /** In the order in which they came. */
  readonly #wishes = new Map<Ipv4, Wish>();
  readonly #wanting = new Map<DomainName, Set<Ipv4>>();
  readonly #byName = new Map<DomainName, Ipv4>();
  readonly #byAddress = new Map<Ipv4, DomainName>();
  /** Names above those of clients and their addresses, with how many are below. */
  readonly #above = new Map<DomainName, number>();

  constructor(domain: DomainName) {
    this.#domain = domain;
  }

  /** Names of the box and of static records from now on; a client that has one of them loses it. */
  setTaken(taken: ReadonlySet<DomainName>): void {
    this.#taken = taken;
    this.#judgeAll();
  }

  /** Names that only the device with the address may have from now on; another one that has it loses it. */
  setReserved(reserved: readonly ReservedName[]): void {
    this.#reserved = new Map(reserved.map(({ name, address }) => [name, address]));
    this.#judgeAll();
  }

  #judgeAll(): void {
    for (const [name, address] of this.#byName)
      if (this.#refusal(name, address) !== undefined) this.#withdraw(name);
    for (const name of this.#wanting.keys()) this.#grantNext(name);
  }

  /** The client at the address wants to be called so, and nothing else any more. */
  set(text: string, address: Ipv4): NameGrant {
    const name = this.#nameFor(text);
    const before = this.#wishes.get(address);
    if (before === undefined || before.name !== name || name === undefined) this.delete(address);
    if (this.#wishes.size >= MOST_NAMES && !this.#wishes.has(address))
      return { granted: false, reason: `${MOST_NAMES} clients have names already` };
    this.#wishes.set(address, { text, name });
    if (name === undefined) return this.#answer(address);
    const wanting = this.#wanting.get(name) ?? new Set();
    this.#wanting.set(name, wanting.add(address));
    this.#grantNext(name);
    return this.#answer(address);
  }

  /** The client is gone; who waits for its name gets it. */
  delete(address: Ipv4): void {
    const name = this.#wishes.get(address)?.name;
    this.#wishes.delete(address);
    if (name === undefined) return;
    const wanting = this.#wanting.get(name);
    wanting?.delete(address);
    if (wanting?.size === 0) this.#wanting.delete(name);
    if (this.#byName.get(name) !== address) return;
    this.#withdraw(name);
    this.#grantNext(name);
  }

  addressOf(name: DomainName): Ipv4 | undefined {
    return this.#byName.get(name);
  }

  nameOf(address: Ipv4): DomainName | undefined {
    return this.#byAddress.get(address);
  }

  /** Why the client does not have the name it wants; undefined if it has it, or wants none. */
  problemOf(address: Ipv4): string | undefined {
    if (!this.#wishes.has(address)) return undefined;
    const grant = this.#answer(address);
    return grant.granted ? undefined : grant.reason;
  }

  /** Whether the name of a client, or the reverse name of its address, is below this one: whoever asks for names that are not there must not cost more the more clients there are. */
  hasBelow(name: DomainName): boolean {
    return this.#above.has(name);
  }

  entries(): Iterable<readonly [DomainName, Ipv4]> {
    return this.#byName;
  }

  #nameFor(text: string): DomainName | undefined {
    const label = hostLabel(text);
    return label === undefined ? undefined : joinNames(label as DomainName, this.#domain);
  }

  #withdraw(name: DomainName): void {
    const address = this.#byName.get(name);
    if (address === undefined) return;
    this.#byName.delete(name);
    this.#byAddress.delete(address);
    this.#countAbove(name, address, -1);
  }

  /** Gives a name that is nobody's to the first who wants it and may have it. */
  #grantNext(name: DomainName): void {
    if (this.#byName.has(name)) return;
    for (const address of this.#wanting.get(name) ?? []) {
      if (this.#refusal(name, address) !== undefined) continue;
      this.#byName.set(name, address);
      this.#byAddress.set(address, name);
      this.#countAbove(name, address, 1);
      return;
    }
  }

  #countAbove(name: DomainName, address: Ipv4, step: 1 | -1): void {
    for (const above of [...ancestorsOf(name), ...ancestorsOf(reverseName(address))]) {
      const count = (this.#above.get(above) ?? 0) + step;
      if (count === 0) this.#above.delete(above);
      else this.#above.set(above, count);
    }
  }

  #answer(address: Ipv4): NameGrant {
    const { text = '', name } = this.#wishes.get(address) ?? {};
    if (name === undefined)
      return { granted: false, reason: `"${text}" holds no character a host name can have` };
    const reason = this.#refusal(name, address);
    return reason === undefined ? { granted: true, name } : { granted: false, reason };
  }

  #refusal(name: DomainName, address: Ipv4): string | undefined {
    if (SOUGHT.includes(name.split('.', 1)[0] ?? '') && this.#reserved.get(name) !== address)
      return `programs look for ${name} by themselves; only a reservation can have it`;
    if (this.#taken.has(name)) return `${name} is a name of the box or of a static record`;
    const owner = this.#reserved.get(name);
    if (owner !== undefined && owner !== address) return `${name} is reserved for ${formatIpv4(owner)}`;
    const holder = this.#byName.get(name);
    if (holder !== undefined && holder !== address)
      return `${name} is the name of ${formatIpv4(holder)} already`;
    return undefined;
  }
}
