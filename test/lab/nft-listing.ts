import { type Ipv4, parseIpv4 } from '../../src/base/ipv4.ts';
import { lastAddress4, network4, parsePrefix4 } from '../../src/base/prefix.ts';
import type { Destination, Probe } from './forward-lists.ts';

/** One entry of the maps of port forwards, as the reference tool lists it. */
export interface ListedForward {
  readonly sources: readonly [Ipv4, Ipv4];
  readonly protocol: string;
  readonly ports: readonly [number, number];
  readonly address: Ipv4;
  /** Of its first port; undefined where the port stays. */
  readonly port: number | undefined;
}

export interface Listing {
  readonly forwards: readonly ListedForward[];
  /** Address on the WAN to the device that has it. */
  readonly oneToOne: ReadonlyMap<string, string>;
  readonly lanNetworks: readonly string[];
}

/** As `nft -j` writes them (libnftables-json(5)). */
type Value =
  | string
  | number
  | { readonly range: readonly [Value, Value] }
  | { readonly prefix: { readonly addr: string; readonly len: number } }
  | { readonly concat: readonly Value[] }
  | { readonly elem: { readonly val: Value } };
type Entry = Value | readonly [Value, Value];

interface ListedSet {
  readonly name: string;
  readonly elem?: readonly Entry[];
}

/** Reads `nft -j list table`, with nothing of ours but addresses. */
export function readListing(json: string): Listing {
  const { nftables } = JSON.parse(json) as { nftables: readonly { map?: ListedSet; set?: ListedSet }[] };
  const sets = nftables.flatMap(({ map, set }) => map ?? set ?? []);
  const entries = (name: string): readonly Entry[] => {
    const found = sets.find((one) => one.name === name);
    if (found === undefined) throw new Error(`Cannot find ${name} in the listing`);
    return found.elem ?? [];
  };
  return {
    forwards: [
      ...entries('forwarded-ports').map(forwardForAll),
      ...['forwards', 'forwards-same-port'].flatMap((name) => entries(name).map(forwardOf)),
    ],
    oneToOne: new Map(entries('one-to-one').map(pairOf)),
    lanNetworks: entries('lan-networks').map((entry) => {
      const [first, last] = addresses(entry as Value);
      return `${first}-${last}`;
    }),
  };
}

function text(value: Value): string {
  if (typeof value === 'string') return value;
  throw new Error(`Cannot read ${JSON.stringify(value)} of the listing as a word`);
}

function bare(value: Value): Value {
  return typeof value === 'object' && 'elem' in value ? value.elem.val : value;
}

function parts(value: Value): readonly Value[] {
  const inner = bare(value);
  return typeof inner === 'object' && 'concat' in inner ? inner.concat : [inner];
}

function addresses(value: Value): readonly [Ipv4, Ipv4] {
  const inner = bare(value);
  if (typeof inner === 'object' && 'prefix' in inner) {
    const prefix = parsePrefix4(`${inner.prefix.addr}/${inner.prefix.len}`);
    return [network4(prefix), lastAddress4(prefix)];
  }
  const [first, last] = ends(inner);
  return [parseIpv4(text(first)), parseIpv4(text(last))];
}

function ends(value: Value): readonly [Value, Value] {
  return typeof value === 'object' && 'range' in value ? value.range : [value, value];
}

function pairOf(entry: Entry): readonly [string, string] {
  const [key, value] = entry as readonly [Value, Value];
  return [text(bare(key)), text(bare(value))];
}

const EVERYBODY = [parseIpv4('0.0.0.0'), parseIpv4('255.255.255.255')] as const;

function forwardForAll(entry: Entry): ListedForward {
  const [key, value] = entry as readonly [Value, Value];
  const [protocol = '', port] = parts(key);
  const [address = '', to] = parts(value);
  return {
    sources: EVERYBODY,
    protocol: text(protocol),
    ports: [Number(port), Number(port)],
    address: parseIpv4(text(address)),
    port: Number(to),
  };
}

function forwardOf(entry: Entry): ListedForward {
  const [key, value] = entry as readonly [Value, Value];
  const [source = '', protocol = '', port = ''] = parts(key);
  const [address = '', shifted] = parts(value);
  const [first, last] = ends(port);
  return {
    sources: addresses(source),
    protocol: text(protocol),
    ports: [Number(first), Number(last)],
    address: parseIpv4(text(address)),
    port: shifted === undefined ? undefined : Number(shifted),
  };
}

/** Where the listed entries lead a packet: those for everybody are asked first, then those with ports. */
export function listedDestination({ forwards }: Listing, probe: Probe): Destination | undefined {
  const found = forwards.find(
    ({ sources, protocol, ports }) =>
      protocol === probe.protocol &&
      sources[0] <= probe.source &&
      probe.source <= sources[1] &&
      ports[0] <= probe.port &&
      probe.port <= ports[1],
  );
  return found === undefined ? undefined : { address: found.address, port: found.port ?? probe.port };
}

/** Packets at both ends of every entry, so that none is there that the configuration does not have. */
export function probesOfListing({ forwards }: Listing): Probe[] {
  return forwards.flatMap(({ sources, protocol, ports }) =>
    [0, 1].map((end): Probe => ({
      source: sources[end] ?? sources[0],
      protocol: protocol === 'tcp' ? 'tcp' : 'udp',
      port: ports[end] ?? ports[0],
    })),
  );
}
