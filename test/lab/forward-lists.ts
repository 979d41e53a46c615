import fc from 'fast-check';
import { type Ipv4, parseIpv4 } from '../../src/base/ipv4.ts';
import { type Prefix4, contains4, parsePrefix4 } from '../../src/base/prefix.ts';
import type { FirewallOptions, OneToOne, PortForward } from '../../src/engine/firewall/options.ts';
import { FIREWALL } from './firewall-site.ts';

/** Ports of a slot, so that forwards of different slots never claim the same. */
const SLOT = 40;
const SLOTS = 30;
const FIRST_PORT = 2000;

const LAN_NETWORKS = ['192.168.77.1/24', '10.1.0.1/16', '172.16.0.1/20'].map(parsePrefix4);
/** Of the same forwards' ports, one list of senders each; they are apart. */
const SENDERS = [
  ['198.51.100.0/24', '198.51.100.128/25', '192.0.2.7/32'],
  ['203.0.113.0/25', '0.0.0.0/5', '224.0.0.0/3'],
].map((texts) => texts.map(parsePrefix4));
const TARGETS = ['192.168.77.20', '192.168.77.21', '10.1.2.3'].map(parseIpv4);

/** One or two forwards of the same ports; two are for different senders. */
function forwardsOf(slot: number): fc.Arbitrary<PortForward[]> {
  const begin = FIRST_PORT + slot * SLOT;
  const ports = fc
    .tuple(fc.nat(SLOT - 1), fc.nat(SLOT - 1))
    .map(([a, b]) => ({ first: begin + Math.min(a, b), last: begin + Math.max(a, b) }));
  const forward = (port: PortForward['port'], from: fc.Arbitrary<Prefix4[]>): fc.Arbitrary<PortForward> =>
    fc.record({
      name: fc.constantFrom('camera', 'phone', 'Türe'),
      protocol: fc.constantFrom('tcp', 'udp', 'both'),
      port: fc.constant(port),
      to: fc.constantFrom(...TARGETS),
      toPort: fc.option(fc.oneof(fc.constant(port.first), fc.integer({ min: 1, max: 60_000 }))),
      from,
      enabled: fc.boolean(),
    });
  const [one = [], other = []] = SENDERS;
  return ports.chain((port) =>
    fc.oneof(
      fc.tuple(forward(port, fc.subarray(one))),
      fc.tuple(
        forward(port, fc.subarray(one, { minLength: 1 })),
        forward(port, fc.subarray(other, { minLength: 1 })),
      ),
    ),
  );
}

const oneToOne: fc.Arbitrary<OneToOne[]> = fc
  .uniqueArray(fc.integer({ min: 60, max: 70 }), { maxLength: 4 })
  .map((numbers) =>
    numbers.map((number, index) => ({
      name: `device ${index}`,
      address: parseIpv4(`203.0.113.${number}`),
      to: parseIpv4(`192.168.77.${number}`),
    })),
  );

/** Options with a list of port forwards and one-to-one addresses: protocols, ranges, shifts, senders, enabled or not. */
export const forwardList: fc.Arbitrary<FirewallOptions> = fc
  .uniqueArray(fc.nat(SLOTS - 1), { maxLength: 10 })
  .chain((slots) => fc.tuple(...slots.map(forwardsOf)))
  .chain((forwards) =>
    fc.record({
      forwards: fc.constant(forwards.flat()),
      oneToOne,
      lanNetworks: fc.shuffledSubarray(LAN_NETWORKS, { minLength: 1 }),
      hairpin: fc.boolean(),
    }),
  )
  .map((changes) => ({ ...FIREWALL, ...changes }));

export interface ForwardStep {
  readonly list: FirewallOptions;
  /** How many forwards of the list before make way for those of this; undefined for all of them. */
  readonly changes: number | undefined;
}

/** From one list to the next: mostly by a few forwards, as an owner does it, sometimes to another list altogether. */
export const forwardStep: fc.Arbitrary<ForwardStep> = fc.record({
  list: forwardList,
  changes: fc.option(fc.integer({ min: 0, max: 3 }), { nil: undefined, freq: 4 }),
});

function slotOf({ port }: PortForward): number {
  return Math.floor((port.first - FIRST_PORT) / SLOT);
}

/** The list that a step leads to; forwards that stay keep their place as far as can be. */
export function follow(before: FirewallOptions, { list, changes }: ForwardStep): FirewallOptions {
  if (changes === undefined) return list;
  const slots = new Set([...new Set(list.forwards.map(slotOf))].slice(0, changes));
  const kept = before.forwards.filter((forward) => !slots.has(slotOf(forward)));
  const fresh = list.forwards.filter((forward) => slots.has(slotOf(forward)));
  return { ...before, forwards: [...kept, ...fresh], oneToOne: list.oneToOne };
}

/** A packet to an address of the box on the WAN. */
export interface Probe {
  readonly source: Ipv4;
  readonly protocol: 'tcp' | 'udp';
  readonly port: number;
}

export interface Destination {
  readonly address: Ipv4;
  readonly port: number;
}

/** Where the configuration, read line by line, leads a packet; undefined if no forward is for it. */
export function destinationOf(options: FirewallOptions, probe: Probe): Destination | undefined {
  const { source, protocol, port } = probe;
  const candidates = options.forwards.filter(
    (one) =>
      one.enabled &&
      (one.protocol === 'both' || one.protocol === protocol) &&
      one.port.first <= port &&
      port <= one.port.last,
  );
  const isFor = ({ from }: PortForward): boolean =>
    from.length === 0 || from.some((prefix) => contains4(prefix, source));
  const isLan = options.lanNetworks.some((network) => contains4(network, source));
  const found = candidates.find(isFor) ?? (options.hairpin && isLan ? candidates[0] : undefined);
  if (found === undefined) return undefined;
  return { address: found.to, port: (found.toPort ?? found.port.first) + port - found.port.first };
}

const SOURCES = [
  '198.51.100.0',
  '198.51.100.255',
  '198.51.101.0',
  '192.0.2.7',
  '203.0.113.0',
  '203.0.113.127',
  '203.0.113.128',
  '7.255.255.255',
  '255.255.255.255',
  '192.168.77.0',
  '10.1.255.255',
  '172.16.15.255',
].map(parseIpv4);

/** Packets at and next to the ends of every forward, from the ends of what senders there are. */
export function probesOf({ forwards }: FirewallOptions): Probe[] {
  const ports = new Set(
    forwards.flatMap(({ port: { first, last } }) => [
      first - 1,
      first,
      Math.floor((first + last) / 2),
      last,
      last + 1,
    ]),
  );
  return [...ports].flatMap((port) =>
    SOURCES.flatMap((source) => (['tcp', 'udp'] as const).map((protocol) => ({ source, protocol, port }))),
  );
}
