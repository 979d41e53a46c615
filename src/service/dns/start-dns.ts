import { formatEndpoint } from '../../base/address.ts';
import type { Ipv4 } from '../../base/ipv4.ts';
import type { NameGrant, ReservedName } from '../../engine/dns-zone/lease-names.ts';
import type { NameEntry } from '../../engine/dns-zone/local-zone.ts';
import { type Transport, readQuery } from '../../engine/dns-query/query.ts';
import type { TcpConnection, TcpListener } from '../../port/tcp.ts';
import type { Endpoint, IpAddress, UdpSocket } from '../../port/udp.ts';
import type { DomainName } from '../../wire/dns/domain-name.ts';
import type { Upstream } from '../../base/upstream.ts';
import { type DnsCounters, newCounters } from './counters.ts';
import { Resolver, type ResolverOptions } from './resolver.ts';
import { TcpSession } from './tcp-session.ts';
import { type DnsPorts, UpstreamClient, type UpstreamStatus } from './upstream-client.ts';

/** TCP connections open at one time, and of one client. At the cap a new one is closed at once. */
const MOST_CONNECTIONS = 100;
const MOST_CONNECTIONS_OF_ONE = 10;

export interface DnsOptions extends ResolverOptions {
  /** Where to listen: the box's addresses on the LAN. Port 0 takes any free one, the same for UDP and TCP. */
  readonly listen: readonly Endpoint[];
  /** Whether a source may ask: true for the LAN. Others get nothing at all. */
  readonly isClient: (address: IpAddress) => boolean;
  readonly upstreams: readonly Upstream[];
}

/** The running resolver of the LAN. */
export interface DnsService {
  /** Where it listens, with the ports it got. */
  readonly local: readonly Endpoint[];
  /** The WAN addresses are these from now on; none while the WAN is down. */
  setWan(addresses: readonly IpAddress[]): void;
  /**
   * Follows other options, the upstreams excepted, under sockets, connections and questions that stay. What {@link setWan}, {@link setLeaseName} and
   * {@link setReservedNames} have said is to be said again.
   * @returns false, and nothing has changed, if it would have to listen elsewhere
   */
  reconfigure(options: Omit<DnsOptions, 'upstreams'>): boolean;
  /** Other upstreams from now on; what is remembered of the former ones is forgotten. The same ones change nothing. */
  setUpstreams(upstreams: readonly Upstream[]): void;
  /** The way to the upstreams is another one, or there again: whoever was silent is asked with the next question. */
  retryUpstreams(): void;
  /** A lease has begun or goes on under the name its client gives. */
  setLeaseName(name: string, address: Ipv4): NameGrant;
  /** A lease has ended. */
  removeLease(address: Ipv4): void;
  /** Names that only the device with the address may have from now on. */
  setReservedNames(reserved: readonly ReservedName[]): void;
  /** Why the device with the lease does not have the name it wants; undefined if it has it, or wants none. */
  leaseNameProblem(address: Ipv4): string | undefined;
  names(): readonly NameEntry[];
  /** The IPv4 addresses of a name, as a client of the LAN would get them; none if there are none or nobody can say. */
  addressesOf(name: DomainName): Promise<readonly Ipv4[]>;
  counters(): Readonly<DnsCounters>;
  upstreams(): readonly UpstreamStatus[];
  close(): void;
}

class DnsServer {
  readonly #ports: DnsPorts;
  readonly #counters: DnsCounters;
  readonly #connections = new Map<TcpConnection, IpAddress>();
  readonly #sockets: (UdpSocket | TcpListener)[] = [];
  #isClient: DnsOptions['isClient'];
  #resolver: Resolver;

  constructor(isClient: DnsOptions['isClient'], ports: DnsPorts, resolver: Resolver, counters: DnsCounters) {
    this.#isClient = isClient;
    this.#ports = ports;
    this.#resolver = resolver;
    this.#counters = counters;
  }

  /** Questions from now on; those under way end as they have begun. */
  follow(isClient: DnsOptions['isClient'], resolver: Resolver): void {
    this.#isClient = isClient;
    this.#resolver = resolver;
  }

  /** Listens on UDP and on TCP, with the same port. @throws KernelError */
  async listen(wanted: Endpoint): Promise<Endpoint> {
    const answer = async (datagram: Uint8Array, from: Endpoint): Promise<void> => {
      const response = await this.#respond(datagram, from.address, 'udp');
      if (response !== undefined) socket.send(response, from);
    };
    const socket = await this.#ports.udp.bind(wanted, (datagram, from) => void answer(datagram, from));
    this.#sockets.push(socket);
    this.#sockets.push(await this.#ports.tcp.listen(socket.local, (connection) => this.#accept(connection)));
    return socket.local;
  }

  close(): void {
    for (const socket of this.#sockets) socket.close();
    for (const connection of this.#connections.keys()) connection.destroy();
  }

  async #respond(
    message: Uint8Array,
    client: IpAddress,
    transport: Transport,
  ): Promise<Uint8Array | undefined> {
    const reading = this.#isClient(client) ? readQuery(message, transport) : undefined;
    if (reading === undefined || reading.kind === 'ignore') {
      this.#counters.dropped++;
      return undefined;
    }
    this.#counters[transport]++;
    if (reading.kind === 'refusal') {
      this.#counters.refused++;
      return reading.bytes;
    }
    return this.#resolver.answer(reading.query);
  }

  #accept(connection: TcpConnection): void {
    const client = connection.remote.address;
    const ofOne = [...this.#connections.values()].filter((address) => address === client).length;
    const isFull = this.#connections.size >= MOST_CONNECTIONS || ofOne >= MOST_CONNECTIONS_OF_ONE;
    if (!this.#isClient(client) || isFull) {
      this.#counters.dropped++;
      return connection.destroy();
    }
    this.#connections.set(connection, client);
    const respond = (message: Uint8Array): Promise<Uint8Array | undefined> =>
      this.#respond(message, client, 'tcp');
    new TcpSession(connection, this.#ports.clock, respond).start(() => this.#connections.delete(connection));
  }
}

function placesOf(upstreams: readonly Upstream[]): string {
  return upstreams.map(({ transport, endpoint }) => `${transport}://${formatEndpoint(endpoint)}`).join();
}

/**
 * Starts the resolver of the LAN.
 * @throws KernelError if it cannot listen (`EADDRINUSE`, `EADDRNOTAVAIL`, `EACCES`); nothing of it is left then
 */
export async function startDns(options: DnsOptions, ports: DnsPorts): Promise<DnsService> {
  const counters = newCounters();
  const client = new UpstreamClient(ports, options.upstreams);
  let resolver = new Resolver(options, ports, client, counters);
  const server = new DnsServer(options.isClient, ports, resolver, counters);
  const close = (): void => {
    server.close();
    client.close();
  };
  const local: Endpoint[] = [];
  try {
    for (const endpoint of options.listen) local.push(await server.listen(endpoint));
  } catch (error) {
    close();
    throw error;
  }
  ports.log.info(`Answering names on ${local.map(formatEndpoint).join(', ')}`);
  return {
    local,
    reconfigure: (next) => {
      if (next.listen.map(formatEndpoint).join() !== options.listen.map(formatEndpoint).join()) return false;
      resolver = new Resolver(next, ports, client, counters);
      server.follow(next.isClient, resolver);
      return true;
    },
    setWan: (addresses) => resolver.zone.setWan(addresses),
    setUpstreams: (upstreams) => {
      const former = client.status().map(({ upstream }) => upstream);
      if (placesOf(upstreams) === placesOf(former)) return;
      client.setUpstreams(upstreams);
      resolver.forget();
    },
    retryUpstreams: () => client.retryUpstreams(),
    setLeaseName: (name, address) => resolver.zone.setLeaseName(name, address),
    removeLease: (address) => resolver.zone.removeLease(address),
    setReservedNames: (reserved) => resolver.zone.setReservedNames(reserved),
    leaseNameProblem: (address) => resolver.zone.leaseNameProblem(address),
    names: () => resolver.zone.names(),
    addressesOf: (name) => resolver.addressesOf(name),
    counters: () => ({ ...counters }),
    upstreams: () => client.status(),
    close,
  };
}
