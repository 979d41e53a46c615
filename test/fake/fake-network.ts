import { formatEndpoint, isIpv4 } from '../../src/base/address.ts';
import type { Duration } from '../../src/base/duration.ts';
import { KernelError } from '../../src/base/errors.ts';
import { after } from '../../src/base/instant.ts';
import type { Clock } from '../../src/port/clock.ts';
import type { TcpConnection, TcpListener, TcpPort } from '../../src/port/tcp.ts';
import type {
  Endpoint,
  IpAddress,
  UdpConversation,
  UdpConversationHandlers,
  UdpDialer,
  UdpPort,
  UdpSocket,
} from '../../src/port/udp.ts';
import { type FakeConnection, connectionPair } from './fake-connection.ts';

type OnDatagram = (datagram: Uint8Array, from: Endpoint) => void;
type OnConnection = (connection: TcpConnection) => void;

interface Bound<T> {
  readonly local: Endpoint;
  readonly handler: T;
}

const FIRST_FREE_PORT = 49_152;

/** A machine on a {@link FakeNetwork} with its addresses and its UDP and TCP. */
export class FakeHost {
  readonly udp: UdpPort & UdpDialer;
  readonly tcp: TcpPort;
  readonly addresses: readonly IpAddress[];
  readonly #network: FakeNetwork;
  readonly #udpSockets = new Set<Bound<OnDatagram>>();
  readonly #listeners = new Set<Bound<OnConnection>>();
  readonly #connections = new Set<FakeConnection>();
  #nextPort = FIRST_FREE_PORT;

  constructor(network: FakeNetwork, addresses: readonly IpAddress[]) {
    this.#network = network;
    this.addresses = addresses;
    this.udp = {
      bind: async (local, onDatagram) => this.#bind(local, onDatagram),
      connect: async (peer, handlers) => this.#converse(peer, handlers),
    };
    this.tcp = {
      listen: async (local, onConnection) => this.#listen(local, onConnection),
      connect: (remote, timeout) => this.#connect(remote, timeout),
    };
  }

  /** UDP sockets open now. */
  get openSockets(): number {
    return this.#udpSockets.size;
  }

  /** TCP connections open now, accepted or made. */
  get openConnections(): number {
    return this.#connections.size;
  }

  /** A datagram arrives; false if nothing is bound there. */
  receive(datagram: Uint8Array, from: Endpoint, to: Endpoint): boolean {
    const bound = find(this.#udpSockets, to);
    bound?.handler(datagram, from);
    return bound !== undefined;
  }

  /** A connection arrives; false if nothing listens there. */
  accept(connection: FakeConnection): boolean {
    const listener = find(this.#listeners, connection.local);
    if (listener === undefined) return false;
    this.#track(connection);
    listener.handler(connection);
    return true;
  }

  #bind(wanted: Endpoint, handler: OnDatagram): UdpSocket {
    const local = this.#claim('UDP', wanted, this.#udpSockets);
    const bound = { local, handler };
    this.#udpSockets.add(bound);
    return {
      local,
      send: (datagram, to) => {
        if (this.#udpSockets.has(bound)) this.#network.send(datagram.slice(), this.#sourceOf(local), to);
      },
      close: () => void this.#udpSockets.delete(bound),
    };
  }

  #converse(peer: Endpoint, handlers: UdpConversationHandlers): UdpConversation {
    const source = this.addresses.find((address) => isIpv4(address) === isIpv4(peer.address));
    if (source === undefined) throw new KernelError(`send to UDP ${formatEndpoint(peer)}`, 'ENETUNREACH');
    const local = this.#claim('UDP', { address: source, port: 0 }, this.#udpSockets);
    const handler: OnDatagram = (datagram, from) => {
      if (formatEndpoint(from) === formatEndpoint(peer)) handlers.onDatagram(datagram);
    };
    const bound = { local, handler };
    this.#udpSockets.add(bound);
    const onUnreachable = (): void => {
      if (this.#udpSockets.has(bound)) handlers.onUnreachable();
    };
    return {
      send: (datagram) => {
        if (this.#udpSockets.has(bound)) this.#network.send(datagram.slice(), local, peer, onUnreachable);
      },
      close: () => void this.#udpSockets.delete(bound),
    };
  }

  #listen(wanted: Endpoint, handler: OnConnection): TcpListener {
    const local = this.#claim('TCP', wanted, this.#listeners);
    const bound = { local, handler };
    this.#listeners.add(bound);
    return { local, close: () => void this.#listeners.delete(bound) };
  }

  async #connect(remote: Endpoint, timeout: Duration): Promise<TcpConnection> {
    const operation = `connect to ${formatEndpoint(remote)}`;
    const source = this.addresses.find((address) => isIpv4(address) === isIpv4(remote.address));
    if (source === undefined) throw new KernelError(operation, 'ENETUNREACH');
    await Promise.resolve();
    const host = this.#network.hostOf(remote.address);
    if (host === undefined) {
      await new Promise<void>(
        (done) => void this.#network.clock.wake(after(this.#network.clock.now(), timeout), done),
      );
      throw new KernelError(operation, 'ETIMEDOUT');
    }
    const [near, far] = connectionPair({ address: source, port: this.#nextPort++ }, remote);
    this.#track(near);
    if (host.accept(far)) return near;
    this.#connections.delete(near);
    throw new KernelError(operation, 'ECONNREFUSED');
  }

  #track(connection: FakeConnection): void {
    this.#connections.add(connection);
    connection.whenClosed(() => this.#connections.delete(connection));
  }

  #claim(protocol: string, wanted: Endpoint, taken: ReadonlySet<Bound<unknown>>): Endpoint {
    const operation = `listen on ${protocol} ${formatEndpoint(wanted)}`;
    if (!isUnspecified(wanted.address) && !this.addresses.includes(wanted.address)) {
      throw new KernelError(operation, 'EADDRNOTAVAIL');
    }
    const local = { address: wanted.address, port: wanted.port === 0 ? this.#nextPort++ : wanted.port };
    for (const { local: other } of taken) {
      if (other.address === local.address && other.port === local.port)
        throw new KernelError(operation, 'EADDRINUSE');
    }
    return local;
  }

  #sourceOf(local: Endpoint): Endpoint {
    if (!isUnspecified(local.address)) return local;
    const source = this.addresses.find((address) => isIpv4(address) === isIpv4(local.address));
    return { address: source ?? local.address, port: local.port };
  }
}

function isUnspecified(address: IpAddress): boolean {
  return address === 0 || address === 0n;
}

function find<T>(sockets: ReadonlySet<Bound<T>>, to: Endpoint): Bound<T> | undefined {
  const sameFamily = [...sockets].filter(
    ({ local }) => local.port === to.port && isIpv4(local.address) === isIpv4(to.address),
  );
  return (
    sameFamily.find(({ local }) => local.address === to.address) ??
    sameFamily.find(({ local }) => isUnspecified(local.address))
  );
}

/**
 * Several hosts on one wire, in memory. Datagrams and bytes arrive in the order sent, a microtask later; an address nobody has
 * swallows datagrams and lets connections time out on the clock. A host's own address works as its loopback.
 */
export class FakeNetwork {
  readonly clock: Clock;
  readonly #hosts = new Map<IpAddress, FakeHost>();
  #lost = 0;
  /** Whether a datagram is lost on the way; a test replaces it. */
  drops: (datagram: Uint8Array, from: Endpoint, to: Endpoint) => boolean = () => false;

  constructor(clock: Clock) {
    this.clock = clock;
  }

  /** Datagrams that reached nobody. */
  get lost(): number {
    return this.#lost;
  }

  /** Adds a host with these addresses; of two hosts with one address the later has it. */
  host(...addresses: readonly IpAddress[]): FakeHost {
    const host = new FakeHost(this, addresses);
    for (const address of addresses) this.#hosts.set(address, host);
    return host;
  }

  /** Takes a host off the wire: what is sent to it is lost, new connections time out. */
  unplug(host: FakeHost): void {
    for (const address of host.addresses) this.#hosts.delete(address);
  }

  hostOf(address: IpAddress): FakeHost | undefined {
    return this.#hosts.get(address);
  }

  /** `onUnreachable` stands for the ICMP error of a host that has nobody at that port. */
  send(datagram: Uint8Array, from: Endpoint, to: Endpoint, onUnreachable?: () => void): void {
    queueMicrotask(() => {
      const arrives = this.drops(datagram, from, to)
        ? undefined
        : this.hostOf(to.address)?.receive(datagram, from, to);
      if (arrives !== true) this.#lost++;
      if (arrives === false) onUnreachable?.();
    });
  }
}
