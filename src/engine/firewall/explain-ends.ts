import { formatAddress, isIpv4, tryParseAddress } from '../../base/address.ts';
import { UserError } from '../../base/errors.ts';
import { type Ipv4, parseIpv4 } from '../../base/ipv4.ts';
import { type Ipv6, parseIpv6 } from '../../base/ipv6.ts';
import { type Mac, tryParseMac } from '../../base/mac.ts';
import { type Prefix4, type Prefix6, isHost4, lastAddress4, network4 } from '../../base/prefix.ts';
import {
  ADDRESS_KIND,
  type Surroundings,
  isLinkLocal,
  isOwn,
  isWithin,
  kindOf,
} from './evaluate/surroundings.ts';
import type { FirewallOptions } from './options.ts';
import type { Ruleset } from './ruleset.ts';

type Address = Ipv4 | Ipv6;

/** A LAN device as leases and reservations know it. */
export interface KnownDevice {
  readonly name: string | null;
  readonly address: Address;
  readonly mac: Mac | null;
}

/** What an explanation is made from. */
export interface ExplainFacts {
  readonly options: FirewallOptions;
  /** The one in force, which may be a reduced one. */
  readonly ruleset: Ruleset;
  /** The box's devices with their addresses of now, and its routes. */
  readonly surroundings: Surroundings;
  readonly devices: readonly KnownDevice[];
}

/** Where one end of the connection is. */
export type Side = 'lan' | 'wan' | 'box';

/** One end of the connection in question. */
export interface End {
  readonly side: Side;
  readonly address: Address;
  /** The device of the box that leads there; null for the box itself. */
  readonly device: string | null;
  /** Of a LAN device, where it is known. */
  readonly mac: Mac | null;
}

export type Family = 4 | 6;

/** Hosts that stand for any other on the Internet (RFC 5737, RFC 3849). */
const EXAMPLES = {
  4: [parseIpv4('198.51.100.20'), parseIpv4('203.0.113.20'), parseIpv4('192.0.2.20')],
  6: [parseIpv6('2001:db8:ffff::20')],
} as const;

const WORDS: Readonly<Record<string, Side>> = { lan: 'lan', wan: 'wan', internet: 'wan', box: 'box' };

function familyOf(address: Address): Family {
  return isIpv4(address) ? 4 : 6;
}

/** The families in which the end that `text` names can be meant; both for a word that stands for a side. */
export function familiesOf(text: string, facts: ExplainFacts): ReadonlySet<Family> {
  const { name } = split(text);
  if (name in WORDS) return new Set([4, 6]);
  const found = addressesOf(name, facts);
  if (found.length > 0) return new Set(found.map(({ address }) => familyOf(address)));
  throw new UserError(
    `Cannot find "${text}": wanted is an address, the name or MAC address of a LAN device, "lan", "internet" or "box"`,
  );
}

/** `192.168.77.20@wan` says that a sender is on another side than its address says. */
function split(text: string): { readonly name: string; readonly claimed: string | undefined } {
  const [name = '', claimed, ...rest] = text.trim().toLowerCase().split('@');
  if (rest.length > 0 || (claimed !== undefined && claimed !== 'lan' && claimed !== 'wan'))
    throw new UserError(
      `Cannot read "${text}": behind "@" stands the side it comes from, "lan" or "wan", as in "192.168.77.20@wan"`,
    );
  return { name, claimed };
}

/** Everything the name can mean: the address itself, or those of the devices of that name or MAC address. */
function addressesOf(name: string, { devices }: ExplainFacts): readonly KnownDevice[] {
  const address = tryParseAddress(name);
  if (address !== undefined) {
    const known = devices.find((device) => device.address === address);
    return [known ?? { name: null, address, mac: null }];
  }
  const mac = tryParseMac(name);
  const found = devices.filter((device) => device.name?.toLowerCase() === name || device.mac === mac);
  // Every device has a link-local address, which leads nowhere but to its neighbours.
  return found.toSorted((a, b) => Number(isLinkLocal(a.address)) - Number(isLinkLocal(b.address)));
}

/** The end that sends. @throws UserError */
export function senderOf(text: string, family: Family, facts: ExplainFacts): End {
  const { name, claimed } = split(text);
  const word = WORDS[name];
  const end =
    word === undefined ? namedEnd(name, family, facts) : sideEnd(word, { side: 'lan', family }, facts);
  if (claimed === undefined) return end;
  const side = claimed === 'lan' ? 'lan' : 'wan';
  return { ...end, side, device: deviceOf(side, facts) };
}

/** The end that is called; the box is called by the address it has on the caller's side. @throws UserError */
export function receiverOf(text: string, sender: End, facts: ExplainFacts): End {
  const { name, claimed } = split(text);
  if (claimed !== undefined)
    throw new UserError(`Cannot read "${text}": only a sender can be on another side than its address says`);
  const family = familyOf(sender.address);
  const word = WORDS[name];
  return word === undefined
    ? namedEnd(name, family, facts)
    : sideEnd(word, { side: sender.side, family }, facts);
}

function namedEnd(name: string, family: Family, facts: ExplainFacts): End {
  const found = addressesOf(name, facts).find(({ address }) => familyOf(address) === family);
  if (found === undefined)
    throw new UserError(`Cannot find an IPv${family} address of "${name}": name the address itself`);
  const { address, mac } = found;
  const side = sideOf(address, facts);
  return { side, address, device: deviceOf(side, facts, address), mac };
}

function sideOf(address: Address, { surroundings, options }: ExplainFacts): Side {
  const isOneToOne = options.oneToOne.some((one) => one.address === address);
  // What is for everybody on a network is for the box as well.
  const isForAll = kindOf(surroundings, address) === ADDRESS_KIND.BROADCAST;
  if (isOneToOne || isForAll || isOwn(surroundings, address)) return 'box';
  const onLan = lanPrefixes({ surroundings, options }).some((prefix) => isWithin(prefix, address));
  return onLan || options.mode === 'lan-only' ? 'lan' : 'wan';
}

function deviceOf(side: Side, { options, surroundings }: ExplainFacts, address?: Address): string | null {
  if (side === 'box') return null;
  const names = side === 'lan' ? options.lan : options.wan;
  const nearest = surroundings.devices.find(
    ({ name, addresses }) =>
      address !== undefined && names.includes(name) && addresses.some((prefix) => isWithin(prefix, address)),
  );
  const device = nearest?.name ?? names[0];
  if (device === undefined || (side === 'wan' && options.mode === 'lan-only'))
    throw new UserError(
      `Cannot explain packets from or to the ${side === 'lan' ? 'LAN' : 'WAN'}: the box has none in mode "${options.mode}"`,
    );
  return device;
}

function lanPrefixes({
  surroundings,
  options,
}: Pick<ExplainFacts, 'surroundings' | 'options'>): readonly (Prefix4 | Prefix6)[] {
  const own = surroundings.devices.flatMap(({ name, addresses }) =>
    options.lan.includes(name) ? addresses : [],
  );
  return [...options.lanNetworks, ...own];
}

/** What a word stands for, seen from the other end. */
function sideEnd(
  word: Side,
  other: { readonly side: Side; readonly family: Family },
  facts: ExplainFacts,
): End {
  const { family } = other;
  if (word === 'box') {
    const address = ownAddress(other.side === 'wan' ? 'wan' : 'lan', family, facts);
    return { side: 'box', address, device: null, mac: null };
  }
  const address = word === 'lan' ? lanExample(family, facts) : internetExample(family, facts);
  return { side: word, address, device: deviceOf(word, facts, address), mac: null };
}

function ownAddress(side: 'lan' | 'wan', family: Family, { options, surroundings }: ExplainFacts): Address {
  const names = side === 'lan' ? options.lan : options.wan;
  const own = surroundings.devices
    .filter(({ name }) => names.includes(name))
    .flatMap(({ addresses }) => addresses)
    .find(({ address }) => familyOf(address) === family);
  if (own !== undefined) return own.address;
  throw new UserError(
    `Cannot explain packets to the box on the ${side.toUpperCase()}: it has no IPv${family} address there just now; ` +
      'name the address it would have',
  );
}

/** An address of the LAN that nothing is known of: the last that is free. */
function lanExample(family: Family, facts: ExplainFacts): Address {
  const prefix = lanPrefixes(facts).find(({ address }) => familyOf(address) === family);
  if (prefix === undefined)
    throw new UserError(`Cannot explain IPv${family} packets of the LAN: it has no IPv${family} network`);
  const taken = new Set<Address>([
    ...facts.devices.map(({ address }) => address),
    ...facts.options.blocked.addresses,
    ...facts.options.forwards.map(({ to }) => to),
    ...facts.options.oneToOne.map(({ to }) => to),
    ...(facts.options.exposedHost === null ? [] : [facts.options.exposedHost]),
  ]);
  const isFree = (address: Address): boolean => !taken.has(address) && !isOwn(facts.surroundings, address);
  if (isPrefix4(prefix)) {
    for (let at: number = lastAddress4(prefix); at >= network4(prefix); at--)
      if (isHost4(prefix, at as Ipv4) && isFree(at as Ipv4)) return at as Ipv4;
  } else {
    const first = (prefix.address >> 64n) << 64n;
    for (let host = 0x20n; host < 0xffffn; host++)
      if (isFree((first | host) as Ipv6)) return (first | host) as Ipv6;
  }
  throw new UserError(
    'Cannot take an example of the LAN: every address of it is known to be some device; name one',
  );
}

function isPrefix4(prefix: Prefix4 | Prefix6): prefix is Prefix4 {
  return isIpv4(prefix.address);
}

function internetExample(family: Family, facts: ExplainFacts): Address {
  const networks = [...lanPrefixes(facts), ...facts.surroundings.devices.flatMap((one) => one.addresses)];
  const example = EXAMPLES[family].find((one) => !networks.some((prefix) => isWithin(prefix, one)));
  if (example !== undefined) return example;
  throw new UserError(
    `Cannot take an example of the Internet: ${formatAddress(EXAMPLES[family][0])} is an address of the box's own networks; name one`,
  );
}
