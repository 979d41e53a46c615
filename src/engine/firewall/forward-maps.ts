import { UserError } from '../../base/errors.ts';
import { ipv4Bytes } from '../../base/ipv4.ts';
import {
  EVERYWHERE4,
  type Prefix4,
  contains4,
  formatPrefix4,
  lastAddress4,
  network4,
} from '../../base/prefix.ts';
import { MAX_SHIFTED_PORTS } from '../../base/shifted-ports.ts';
import { type Claim, FreePorts, findOverlap } from './forward-overlap.ts';
import type { FirewallOptions, PortForward } from './options.ts';
import type { RulesetElement } from './ruleset.ts';
import { IPPROTO } from './statement.ts';

/** Elements of all forwards together: what fits into one transaction, which is one datagram of at most 2 MiB. */
const MAX_ELEMENTS = 8192;

/** What one element of a map will match. */
interface Match extends Claim {
  readonly forward: PortForward;
  /** Its place in the configuration. */
  readonly index: number;
}

export interface ForwardMaps {
  /** For everybody, port by port, to an address and a port. */
  readonly ports: readonly RulesetElement[];
  /** For certain senders, to an address and a port. */
  readonly shifted: readonly RulesetElement[];
  /** Of ranges and for certain senders, to an address; the port stays. */
  readonly samePort: readonly RulesetElement[];
}

/**
 * The elements of the maps that port forwards are looked up in. Those for everybody are keyed by protocol and port alone:
 * the kernel hashes such a key, while among keys with ranges (nft_set_pipapo.c) it goes through all that fit the first
 * field, and any sender would fit them all. With hairpin the LAN may use every forward, also one for certain senders,
 * unless another forward of the same port is for the LAN.
 * @throws UserError when two forwards claim the same packets, or they are too many for the kernel to take at once
 */
export function forwardMaps(options: FirewallOptions): ForwardMaps {
  const declared = options.forwards.flatMap(matchesOf);
  const hairpins = options.hairpin ? hairpinMatches(declared, options.lanNetworks) : [];
  const all = [...declared, ...hairpins];
  for (const { forward } of all) checkShift(forward);
  checkTotal(all);
  checkOverlap(declared);
  const [plain, others] = [all.filter(isPlain), all.filter((match) => !isPlain(match))];
  return {
    ports: plain.flatMap((match) => portElements(match, portKey)),
    shifted: others.filter(({ forward }) => isShifted(forward)).flatMap(shiftedElements),
    samePort: others.filter(({ forward }) => !isShifted(forward)).map(samePortElement),
  };
}

function checkOverlap(declared: readonly Match[]): void {
  const overlap = findOverlap(declared);
  if (overlap === undefined) return;
  const [earlier, later] = overlap;
  throw new UserError(
    `Cannot forward port ${portText(later.forward)} for "${later.forward.name}": the forward "${earlier.forward.name}" ` +
      `already takes it from ${formatPrefix4(earlier.source)}; give one of them another port or other senders`,
  );
}

function lengthOf({ port }: PortForward): number {
  return port.last - port.first + 1;
}

function checkShift(forward: PortForward): void {
  const length = lengthOf(forward);
  const target = forward.toPort ?? forward.port.first;
  if (isShifted(forward) && length > MAX_SHIFTED_PORTS)
    throw new UserError(
      `Cannot forward the ports ${portText(forward)} for "${forward.name}" to others: the range has ${length} ports, ` +
        `${MAX_SHIFTED_PORTS} are the most unless they stay the same`,
    );
  if (target + length - 1 > 65_535)
    throw new UserError(
      `Cannot forward the ports ${portText(forward)} for "${forward.name}" to ${target} and up: that ends above 65535`,
    );
}

function checkTotal(matches: readonly Match[]): void {
  const total = matches.reduce((sum, { forward }) => sum + (isShifted(forward) ? lengthOf(forward) : 1), 0);
  if (total > MAX_ELEMENTS)
    throw new UserError(
      `Cannot make all port forwards: they come to ${total} entries, ${MAX_ELEMENTS} are the most; ` +
        'let ranges keep their ports, or name fewer senders',
    );
}

function isShifted({ port, toPort }: PortForward): boolean {
  return toPort !== null && toPort !== port.first;
}

/** Whether a hash can have it: its elements are of one port each, and whoever sends is meant. */
function isPlain({ forward, source }: Match): boolean {
  return source.length === 0 && (isShifted(forward) || lengthOf(forward) === 1);
}

function portText({ port }: PortForward): string {
  return port.first === port.last ? String(port.first) : `${port.first}-${port.last}`;
}

function protocolsOf({ protocol }: PortForward): readonly number[] {
  if (protocol === 'both') return [IPPROTO.TCP, IPPROTO.UDP];
  return [protocol === 'tcp' ? IPPROTO.TCP : IPPROTO.UDP];
}

function matchesOf(forward: PortForward, index: number): Match[] {
  if (!forward.enabled) return [];
  const from = forward.from.length === 0 ? [EVERYWHERE4] : forward.from;
  // Prefixes lie within one another or apart: what another of them covers is left out.
  const sources = from.filter(
    (one, at) => !from.some((other, place) => covers(other, one) && (!covers(one, other) || place < at)),
  );
  return protocolsOf(forward).flatMap((protocol) =>
    sources.map((source) => ({ forward, index, protocol, ports: forward.port, source })),
  );
}

function covers(wide: Prefix4, narrow: Prefix4): boolean {
  return wide.length <= narrow.length && contains4(wide, narrow.address);
}

function hairpinMatches(declared: readonly Match[], lanNetworks: readonly Prefix4[]): Match[] {
  const added: Match[] = [];
  for (const source of lanNetworks) {
    const free = new Map<number, FreePorts>();
    for (const protocol of [IPPROTO.TCP, IPPROTO.UDP])
      free.set(protocol, new FreePorts(declared, protocol, source));
    for (const match of declared)
      if (free.get(match.protocol)?.take(match.ports) === true) added.push({ ...match, source });
  }
  return added;
}

type Key = Pick<RulesetElement, 'key' | 'last'>;

/** Protocol and port, each padded to four bytes. */
function portBytes(protocol: number, port: number): readonly number[] {
  return [protocol, 0, 0, 0, port >> 8, port & 255, 0, 0];
}

function portKey({ protocol }: Match, port: number): Key {
  return { key: Uint8Array.from(portBytes(protocol, port)) };
}

function rangeKey({ protocol, source }: Match, { first, last }: PortForward['port']): Key {
  return {
    key: Uint8Array.of(...ipv4Bytes(network4(source)), ...portBytes(protocol, first)),
    last: Uint8Array.of(...ipv4Bytes(lastAddress4(source)), ...portBytes(protocol, last)),
  };
}

function elementOf({ forward, index }: Match, key: Key, bytes: Uint8Array): RulesetElement {
  return { ...key, value: { bytes }, comment: `firewall.forwards[${index}] ${forward.name}` };
}

function samePortElement(match: Match): RulesetElement {
  return elementOf(match, rangeKey(match, match.forward.port), ipv4Bytes(match.forward.to));
}

function shiftedElements(match: Match): RulesetElement[] {
  return portElements(match, (_, port) => rangeKey(match, { first: port, last: port }));
}

function portElements(match: Match, keyOf: (match: Match, port: number) => Key): RulesetElement[] {
  const { port, to, toPort } = match.forward;
  const target = toPort ?? port.first;
  return Array.from({ length: lengthOf(match.forward) }, (_, i) => {
    const there = target + i;
    const value = Uint8Array.of(...ipv4Bytes(to), there >> 8, there & 255, 0, 0);
    return elementOf(match, keyOf(match, port.first + i), value);
  });
}
