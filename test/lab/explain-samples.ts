import fc from 'fast-check';
import { UserError } from '../../src/base/errors.ts';
import { type Ipv4, parseIpv4 } from '../../src/base/ipv4.ts';
import { type Ipv6, parseIpv6 } from '../../src/base/ipv6.ts';
import type { Mac } from '../../src/base/mac.ts';
import { parsePrefix4 } from '../../src/base/prefix.ts';
import { compileRuleset } from '../../src/engine/firewall/compile.ts';
import type { Packet, Transport } from '../../src/engine/firewall/evaluate/packet.ts';
import { TCP_FLAG } from '../../src/engine/firewall/statement.ts';
import type { FirewallOptions, FirewallService, PortForward } from '../../src/engine/firewall/options.ts';
import { HOSTS } from './explain-site.ts';

/* Configurations and packets for them, chosen so that they meet: ports, addresses and senders come from small pools. */

const SERVICES: readonly FirewallService[] = [
  { name: 'dns', protocol: 'udp', port: 53 },
  { name: 'dns', protocol: 'tcp', port: 53 },
  { name: 'smtp', protocol: 'tcp', port: 25 },
  { name: 'pop3s', protocol: 'tcp', port: 995 },
  { name: 'admin', protocol: 'tcp', port: 8443 },
];

const PORTS = [22, 25, 53, 80, 443, 995, 8443, 1000, 1001, 1002, 1005, 1010, 1020, 2000, 2003] as const;

const lanHosts = [...(HOSTS['lan0'] ?? []), ...(HOSTS['lan1'] ?? [])];
const lan4 = lanHosts.map(({ v4 }) => v4);
const lan6 = lanHosts.map(({ v6 }) => v6);

function pick<T>(values: readonly T[]): fc.Arbitrary<T> {
  return fc.constantFrom(...values);
}

const forward: fc.Arbitrary<PortForward> = fc
  .record({
    protocol: pick(['tcp', 'udp', 'both'] as const),
    first: pick(PORTS),
    length: pick([1, 1, 1, 2, 6, 12]),
    to: pick(lan4),
    toPort: pick([null, null, 80, 443, 6000]),
    from: fc.subarray(
      ['192.0.2.0/24', '198.51.100.0/25', '203.0.113.0/24', '192.168.77.16/29'].map(parsePrefix4),
    ),
    isForAll: fc.boolean(),
    enabled: pick([true, true, true, true, false]),
  })
  .map(({ first, length, from, isForAll, ...rest }) => ({
    ...rest,
    name: 'device',
    port: { first, last: first + length - 1 },
    from: isForAll ? [] : from,
  }));

const blocked: fc.Arbitrary<FirewallOptions['blocked']> = fc.oneof(
  { weight: 2, arbitrary: fc.constant({ macs: [], addresses: [] }) },
  {
    weight: 1,
    arbitrary: fc.record({
      macs: fc.subarray(
        lanHosts.map(({ mac }) => mac),
        { maxLength: 2 },
      ),
      addresses: fc.subarray([...lan4, ...lan6], { maxLength: 3 }),
    }),
  },
);

const oneToOne: fc.Arbitrary<FirewallOptions['oneToOne']> = fc
  .record({
    addresses: fc.subarray(['203.0.113.60', '203.0.113.61'].map(parseIpv4)),
    to: fc.shuffledSubarray(lan4, { minLength: 2, maxLength: 2 }),
  })
  .map(({ addresses, to }) =>
    addresses.flatMap((address, index) => {
      const device = to[index];
      return device === undefined ? [] : [{ name: `pbx-${index}`, address, to: device }];
    }),
  );

/** Any configuration that can be; what contradicts itself is left out as it would be by its check. */
export const someOptions: fc.Arbitrary<FirewallOptions> = fc
  .record({
    mode: pick([
      'firewall',
      'firewall',
      'firewall',
      'firewall-dmz',
      'firewall-dmz',
      'router',
      'lan-only',
    ] as const),
    hasTwoLans: fc.boolean(),
    lanServices: fc.subarray([...SERVICES]),
    publicServices: fc.subarray([...SERVICES]),
    forwards: fc.array(forward, { maxLength: 4 }),
    oneToOne,
    exposedHost: pick([null, null, ...lan4]),
    blocked,
    hairpin: fc.boolean(),
    pingFromWan: fc.boolean(),
    logDropped: fc.boolean(),
  })
  .map(({ hasTwoLans, ...rest }) => ({
    ...rest,
    wan: ['wan0'],
    lan: hasTwoLans ? ['lan0', 'lan1'] : ['lan0'],
    lanNetworks: ['192.168.77.1/24', ...(hasTwoLans ? ['192.168.78.1/24'] : [])].map(parsePrefix4),
    offload: [],
  }))
  .filter(canBe);

function canBe(options: FirewallOptions): boolean {
  try {
    compileRuleset(options);
    return true;
  } catch (error) {
    if (error instanceof UserError) return false;
    throw error;
  }
}

const POOLS = {
  4: {
    wan0: ['198.51.100.2', '192.0.2.9', '203.0.113.7', '203.0.113.1', '8.8.8.8', '198.51.100.200'],
    other0: ['10.99.0.20'],
    own: ['203.0.113.50', '203.0.113.60', '203.0.113.61', '192.168.77.1', '192.168.78.1', '10.99.0.1'],
  },
  6: {
    wan0: ['2001:db8:5::2', '2001:db8:3::7', '2001:db8:3::1'],
    other0: ['2001:db8:99::20'],
    own: ['2001:db8:3::50', '2001:db8:77::1', '2001:db8:78::1', '2001:db8:99::1'],
  },
} as const;
/** Addresses that no sender has, or that are everybody's. */
const LAN_BROADCAST = parseIpv4('192.168.77.255');
const STRANGE4 = ['192.168.77.255', '255.255.255.255', '0.0.0.0', '127.0.0.1', '10.1.2.3', '224.0.0.1'];

type Address = Ipv4 | Ipv6;
type Family = 4 | 6;
const DEVICES = ['wan0', 'lan0', 'lan1', 'other0'] as const;
type Device = (typeof DEVICES)[number];

function parse(family: Family, texts: readonly string[]): readonly Address[] {
  return texts.map((text) => (family === 4 ? parseIpv4(text) : parseIpv6(text)));
}

function behind(device: Device, family: Family): readonly Address[] {
  if (device === 'wan0' || device === 'other0') return parse(family, POOLS[family][device]);
  return (HOSTS[device] ?? []).map(({ v4, v6 }) => (family === 4 ? v4 : v6));
}

function sourceFrom(device: Device, family: Family): fc.Arbitrary<Address> {
  const anywhere = DEVICES.flatMap((one) => behind(one, family));
  const strange = family === 4 ? parse(4, STRANGE4) : parse(6, POOLS[6].own);
  return fc.oneof(
    { weight: 8, arbitrary: pick(behind(device, family)) },
    { weight: 2, arbitrary: pick(anywhere) },
    { weight: 1, arbitrary: pick(strange) },
  );
}

function destinationFrom(device: Device, family: Family): fc.Arbitrary<Address> {
  const others = DEVICES.filter((one) => one !== device).flatMap((one) => behind(one, family));
  const strange = parse(4, ['192.168.77.255', '255.255.255.255']);
  return fc.oneof(
    { weight: 6, arbitrary: pick(parse(family, POOLS[family].own)) },
    { weight: 5, arbitrary: pick(others) },
    { weight: 1, arbitrary: pick(behind(device, family)) },
    ...(family === 4 ? [{ weight: 1, arbitrary: pick(strange) }] : []),
  );
}

const { SYN, ACK, FIN, RST, PSH, URG, ECE, CWR } = TCP_FLAG;
/** Beginnings, middles and ends of connections, and what port scanners make of them. */
const FLAGS = [SYN, SYN | ECE | CWR, ACK, ACK | PSH, SYN | ACK, RST, RST | ACK, FIN, FIN | ACK, 0].concat([
  SYN | FIN,
  SYN | RST,
  FIN | PSH | URG,
  SYN | URG,
  ACK | URG,
  255,
]);

const flags = fc.oneof(
  { weight: 5, arbitrary: fc.constant<number>(SYN) },
  { weight: 1, arbitrary: pick(FLAGS) },
);

const destinationPort = fc.oneof(
  { weight: 6, arbitrary: pick(PORTS) },
  { weight: 3, arbitrary: fc.integer({ min: 1000, max: 1024 }) },
  // Above lie the ports of the senders.
  { weight: 1, arbitrary: fc.integer({ min: 1, max: 19_999 }) },
);

/** A protocol without ports and without a checksum, which the kernel would want right before it answers. */
const ESP = 50;

function transportOf(family: Family): fc.Arbitrary<Transport> {
  const types = family === 4 ? [8, 8, 8, 8, 13, 0, 42] : [128, 128, 128, 128, 129, 200];
  // Ports of the sender are given when the packet is sent, so that no two are of one connection.
  const own = { sourcePort: 0 } as const;
  return fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({
        kind: fc.constant('tcp' as const),
        sourcePort: fc.constant(own.sourcePort),
        destinationPort,
        flags,
      }),
    },
    {
      weight: 4,
      arbitrary: fc.record({
        kind: fc.constant('udp' as const),
        sourcePort: fc.constant(own.sourcePort),
        destinationPort,
      }),
    },
    {
      weight: 3,
      arbitrary: pick(types).map((type) => ({ kind: 'icmp', type, code: 0, identifier: 0 }) as const),
    },
    { weight: 1, arbitrary: fc.constant({ kind: 'other', protocol: ESP } as const) },
  );
}

export interface SomePacket {
  readonly inDevice: string;
  readonly packet: Packet;
}

function macFor(device: Device, source: Address): fc.Arbitrary<Mac> {
  const neighbours = HOSTS[device] ?? [];
  const macs = neighbours.map(({ mac }) => mac);
  const own = neighbours.find(({ v4, v6 }) => v4 === source || v6 === source)?.mac;
  if (device === 'wan0' || device === 'other0' || own === undefined) return pick(macs);
  return fc.oneof({ weight: 5, arbitrary: fc.constant(own) }, { weight: 1, arbitrary: pick(macs) });
}

/** A packet from any side, its sender sometimes not who it says. */
export const somePacket: fc.Arbitrary<SomePacket> = fc
  .record({
    inDevice: pick(['wan0', 'wan0', 'wan0', 'wan0', 'lan0', 'lan0', 'lan0', 'lan1', 'other0'] as const),
    family: pick([4, 4, 4, 6] as const),
  })
  .chain(({ inDevice, family }) =>
    fc
      .record({
        source: sourceFrom(inDevice, family),
        destination: destinationFrom(inDevice, family),
        transport: transportOf(family),
      })
      .filter(({ source, destination }) => source !== destination)
      // The box would answer to all, itself among them.
      .filter(({ source, transport }) => transport.kind !== 'icmp' || source !== LAN_BROADCAST)
      .chain(({ source, destination, transport }) =>
        macFor(inDevice, source).map((sender) => ({
          inDevice,
          packet: { source, destination, transport, sender, hopLimit: 64 },
        })),
      ),
  );
