import { type Ipv4, formatIpv4 } from '../../base/ipv4.ts';
import { asciiLower } from '../../base/text.ts';
import { type DomainName, isHostLabel, joinNames } from '../../wire/dns/domain-name.ts';

/** Names of clients at one time; at the cap further ones are refused. */
const MOST_NAMES = 4096;

/** Whether a client has its name now, and if not, why. */
export type NameGrant =
  | { readonly granted: true; readonly name: DomainName }
  | { readonly granted: false; readonly reason: string };

/**
 * The label for what a client calls itself: the part before the first dot, with what no host name can hold turned into
 * hyphens (`Alice's iPad` becomes `alice-s-ipad`).
 */
function labelFrom(text: string): string | undefined {
  const [first = ''] = text.split('.', 1);
  const label = asciiLower(first)
    .replaceAll(/[^a-z0-9]+/g, '-')
    .slice(0, 63)
    .replaceAll(/^-+|-+$/g, '');
  return isHostLabel(label) ? label : undefined;
}

/** Which client has which name under the domain. The first to come keeps it until its lease ends. */
export class LeaseNames {
  readonly #domain: DomainName;
  readonly #byName = new Map<DomainName, Ipv4>();
  readonly #byAddress = new Map<Ipv4, DomainName>();

  constructor(domain: DomainName) {
    this.#domain = domain;
  }

  /** Gives the name to the address, which loses the one it had; names in `taken` are nobody's. */
  set(text: string, address: Ipv4, taken: ReadonlySet<DomainName>): NameGrant {
    const label = labelFrom(text);
    const name = label === undefined ? undefined : joinNames(label as DomainName, this.#domain);
    if (name !== undefined && this.#byName.get(name) === address) return { granted: true, name };
    this.delete(address);
    if (name === undefined)
      return { granted: false, reason: `"${text}" holds no character a host name can have` };
    const reason = this.#refusal(name, taken);
    if (reason !== undefined) return { granted: false, reason };
    this.#byName.set(name, address);
    this.#byAddress.set(address, name);
    return { granted: true, name };
  }

  delete(address: Ipv4): void {
    const name = this.#byAddress.get(address);
    if (name === undefined) return;
    this.#byAddress.delete(address);
    this.#byName.delete(name);
  }

  addressOf(name: DomainName): Ipv4 | undefined {
    return this.#byName.get(name);
  }

  nameOf(address: Ipv4): DomainName | undefined {
    return this.#byAddress.get(address);
  }

  entries(): Iterable<readonly [DomainName, Ipv4]> {
    return this.#byName;
  }

  #refusal(name: DomainName, taken: ReadonlySet<DomainName>): string | undefined {
    const holder = this.#byName.get(name);
    if (holder !== undefined) return `${name} is the name of ${formatIpv4(holder)} already`;
    if (taken.has(name)) return `${name} is a name of the box or of a static record`;
    if (this.#byName.size >= MOST_NAMES) return `${MOST_NAMES} clients have names already`;
    return undefined;
  }
}
