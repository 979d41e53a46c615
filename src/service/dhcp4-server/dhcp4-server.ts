import { DecodeError, UserError, messageOf, unreachable } from '../../base/errors.ts';
import { ETH_P } from '../../base/ether-type.ts';
import { type Instant, after } from '../../base/instant.ts';
import { BROADCAST, type Ipv4, formatIpv4 } from '../../base/ipv4.ts';
import type { Mac } from '../../base/mac.ts';
import { lastAddress4 } from '../../base/prefix.ts';
import { type LeaseView, leaseViews } from '../../engine/dhcp4-server/lease-view.ts';
import type { Dhcp4ServerOptions } from '../../engine/dhcp4-server/options.ts';
import type { OtherServer } from '../../engine/dhcp4-server/other-servers.ts';
import {
  type Effect,
  type Env,
  type Event,
  type Lease,
  NEVER,
  initialState,
} from '../../engine/dhcp4-server/state.ts';
import { stepServer } from '../../engine/dhcp4-server/step.ts';
import type { Cancel, Clock } from '../../port/clock.ts';
import type { IcmpPort } from '../../port/icmp.ts';
import type { LeaseJournal } from '../../port/lease-journal.ts';
import type { PacketPort, PacketSocket, ReceivedPacket } from '../../port/packet.ts';
import type { Random } from '../../port/random.ts';
import type { UdpPort, UdpSocket } from '../../port/udp.ts';
import { DHCP4_SERVER_PORT, OP } from '../../wire/dhcp4/constants.ts';
import { type Dhcp4Message, decodeMessage, encodeMessage } from '../../wire/dhcp4/message.ts';
import { decodeUdpPacket, encodeUdpPacket } from '../../wire/ipv4/udp.ts';
import { AddressProbe } from './address-probe.ts';
import { FloodGate, KEPT, READ_WINDOW } from './flood-gate.ts';
import { OtherServerWatch } from './other-server-watch.ts';

export interface Dhcp4ServerSettings {
  /** The LAN's device: the bridge, or the one port. */
  readonly device: string;
  readonly server: Dhcp4ServerOptions;
}

export interface Dhcp4ServerPorts {
  readonly packet: PacketPort;
  readonly icmp: IcmpPort;
  readonly udp: UdpPort;
  readonly clock: Clock;
  readonly random: Random;
  readonly journal: LeaseJournal;
}

export interface Dhcp4ServerCallbacks {
  /** A lease began (at start: every lease that still runs), or its device changed its name. */
  onLease(lease: Lease): void;
  onLeaseEnd(address: Ipv4): void;
  /** One sentence for the owner. */
  onWarning(text: string): void;
  /** The other DHCP servers on the LAN are these from now on; none when this one has stopped, as nobody looks for them any more. */
  onOtherServers(servers: readonly OtherServer[]): void;
}

export interface Dhcp4ServerCounters {
  readonly received: number;
  /** Not DHCP, damaged, not for this server, or more than can be read. */
  readonly dropped: number;
  readonly sent: number;
}

/** The DHCP server on the LAN. */
export class Dhcp4Server {
  readonly #ports: Dhcp4ServerPorts;
  readonly #callbacks: Dhcp4ServerCallbacks;
  readonly #counters = { received: 0, dropped: 0, sent: 0 };
  readonly #gate = new FloodGate();
  readonly #probe: AddressProbe;
  readonly #watch: OtherServerWatch;
  #settings: Dhcp4ServerSettings;
  #state;
  /**
   * Of clients that have an address, or were offered one. Apart from the others: in a flood their buffer is full before it is
   * known to be one.
   */
  #known: PacketSocket | undefined;
  #socket: PacketSocket | undefined;
  #holder: UdpSocket | undefined;
  /** The address that is listened on and the device that is read from; undefined where an attempt has failed. */
  #listensOn: Ipv4 | undefined;
  #readsFrom: string | undefined;
  #wake: Cancel | undefined;
  #halvings = 0;
  #thinning: Cancel | undefined;
  // A trouble that lasts is told once, not with every address it concerns.
  #recordFails = false;
  #stopped = false;

  constructor(settings: Dhcp4ServerSettings, ports: Dhcp4ServerPorts, callbacks: Dhcp4ServerCallbacks) {
    this.#settings = settings;
    this.#ports = ports;
    this.#callbacks = callbacks;
    this.#state = initialState(settings.server);
    this.#probe = new AddressProbe(ports, (text) => callbacks.onWarning(text));
    this.#watch = new OtherServerWatch(ports, settings.server.server.address, (servers) =>
      callbacks.onOtherServers(servers),
    );
  }

  get counters(): Dhcp4ServerCounters {
    return { ...this.#counters };
  }

  /** Takes over the recorded leases, then answers. @throws KernelError when the port or the device is not to be had */
  async start(): Promise<void> {
    await this.#listen();
    this.#dispatch({ kind: 'restore', recorded: this.#ports.journal.load() });
    await this.#open();
  }

  /**
   * Other settings, the same leases. @throws KernelError as {@link start}; the old settings are gone then, and what could not be
   * had is asked for again by the next call, also with the same settings
   */
  async reconfigure(settings: Dhcp4ServerSettings): Promise<void> {
    this.#settings = settings;
    this.#dispatch({ kind: 'reconfigure', options: settings.server });
    const isMoved = this.#listensOn !== settings.server.server.address;
    if (isMoved) {
      this.#readsFrom = undefined;
      await this.#listen();
    }
    if (this.#readsFrom !== settings.device) await this.#open();
  }

  /** To be called after the civil clock was set. */
  clockSet(): void {
    this.#dispatch({ kind: 'clockSet' });
  }

  /** Leases, offers and reservations of this moment, by address. */
  leases(): readonly LeaseView[] {
    return leaseViews(this.#state, this.#env());
  }

  /** Takes a lease back; its client hears of it when it comes to renew it. @throws UserError if nobody has the address */
  endLease(address: Ipv4): void {
    const isLeased = this.leases().some((lease) => lease.address === address && lease.state === 'bound');
    if (!isLeased)
      throw new UserError(
        `Cannot end the lease of ${formatIpv4(address)}: no device has one; "gatepost leases" lists those there are`,
      );
    this.#dispatch({ kind: 'revoke', address });
  }

  stop(): void {
    this.#stopped = true;
    this.#wake?.cancel();
    this.#thinning?.cancel();
    this.#probe.stop();
    this.#watch.close();
    this.#known?.close();
    this.#socket?.close();
    this.#holder?.close();
    this.#callbacks.onOtherServers([]);
  }

  /**
   * Holds the port in the kernel's own stack, which otherwise answers a renewal sent to this host with "port
   * unreachable", and which tells by it that another DHCP server runs here. What arrives there is read from the packet socket.
   */
  async #listen(): Promise<void> {
    this.#holder?.close();
    this.#listensOn = undefined;
    const { address } = this.#settings.server.server;
    this.#holder = await this.#ports.udp.bind({ address, port: DHCP4_SERVER_PORT }, () => {});
    this.#listensOn = address;
  }

  async #open(): Promise<void> {
    this.#known?.close();
    this.#socket?.close();
    this.#readsFrom = undefined;
    const { device, server } = this.#settings;
    const openPart = (part: 'with' | 'without'): Promise<PacketSocket> => {
      const filter = { etherType: ETH_P.IP, udpPort: DHCP4_SERVER_PORT, words: { part, oneOf: KEPT } };
      return this.#ports.packet.open(device, filter, (packet) => this.#receive(packet));
    };
    // The one that is opened first is read first.
    this.#known = await openPart('with');
    this.#socket = await openPart('without');
    if (this.#halvings > 0) this.#socket.thin(this.#halvings);
    await this.#watch.open(device, server.server.address);
    this.#readsFrom = device;
  }

  #env(): Env {
    return { now: this.#ports.clock.now(), wall: this.#ports.clock.wallTime() };
  }

  #receive(packet: ReceivedPacket): void {
    this.#counters.received++;
    const now = this.#ports.clock.now();
    const isRead = this.#gate.admits(packet.payload, now);
    this.#thin(now);
    if (!isRead) {
      this.#counters.dropped++;
      return;
    }
    try {
      const datagram = decodeUdpPacket(packet.payload, packet.checksumReady);
      if (this.#isForThisServer(datagram.destination)) {
        this.#take(decodeMessage(datagram.payload), packet.source, datagram.source);
      } else this.#counters.dropped++;
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error;
      this.#counters.dropped++;
    }
  }

  /** In a flood; the clock sees to the end of it, as no packet may come then. */
  #thin(now: Instant): void {
    const halvings = this.#gate.halvings(now);
    if (halvings === this.#halvings) return;
    this.#halvings = halvings;
    this.#socket?.thin(halvings);
    this.#followFlood();
  }

  #followFlood(): void {
    this.#thinning?.cancel();
    this.#thinning = undefined;
    if (this.#halvings === 0 || this.#stopped) return;
    const { clock } = this.#ports;
    this.#thinning = clock.wake(after(clock.now(), READ_WINDOW), () => {
      this.#thin(clock.now());
      this.#followFlood();
    });
  }

  #take(message: Dhcp4Message, via: Mac, from: Ipv4): void {
    if (message.op === OP.BOOTREPLY) this.#watch.hear(message, via, from);
    else if (!this.#watch.isOwn(message)) this.#dispatch({ kind: 'message', message, via });
  }

  /** A packet socket also sees what the box only forwards. */
  #isForThisServer(destination: Ipv4): boolean {
    const { server } = this.#settings.server;
    return (
      destination === server.address || destination === BROADCAST || destination === lastAddress4(server)
    );
  }

  #dispatch(event: Event): void {
    if (this.#stopped) return;
    const { state, effects } = stepServer(this.#state, event, this.#env());
    this.#state = state;
    for (const effect of effects) this.#carryOut(effect);
  }

  #carryOut(effect: Effect): void {
    const { journal } = this.#ports;
    switch (effect.kind) {
      case 'send':
        return this.#send(effect);
      case 'probe':
        return void this.#findUser(effect);
      case 'persist':
        return void this.#persist(effect);
      case 'persistEnd':
        return void this.#record(effect.address, journal.end(effect.address));
      case 'persistDecline':
        return void this.#record(effect.address, journal.decline(effect.address, effect.until));
      case 'began':
        return this.#callbacks.onLease(effect.lease);
      case 'ended':
        return this.#callbacks.onLeaseEnd(effect.address);
      case 'otherServer':
        return this.#watch.named(effect.address);
      case 'warn':
        return this.#callbacks.onWarning(effect.text);
      case 'wake':
        return this.#wakeAt(effect.at);
      default:
        return unreachable(effect);
    }
  }

  #send({ to, message, limits }: Effect & { readonly kind: 'send' }): void {
    const datagram = encodeUdpPacket({
      source: this.#settings.server.server.address,
      sourcePort: DHCP4_SERVER_PORT,
      destination: to.address,
      destinationPort: to.port,
      payload: encodeMessage(message, limits),
    });
    this.#counters.sent++;
    this.#socket?.send(to.mac, datagram);
  }

  async #findUser({ address, ignore }: Effect & { readonly kind: 'probe' }): Promise<void> {
    const { device, server } = this.#settings;
    const place = { device, source: server.server.address };
    const { inUse, by } = await this.#probe.probe(address, place, ignore);
    this.#dispatch({ kind: 'probed', address, inUse, by });
  }

  async #persist({ commit, binding }: Effect & { readonly kind: 'persist' }): Promise<void> {
    const failure = await this.#ports.journal.bind(binding).then(() => undefined, messageOf);
    if (commit !== undefined) this.#dispatch({ kind: 'persisted', commit, failure });
  }

  async #record(address: Ipv4, recorded: Promise<void>): Promise<void> {
    try {
      await recorded;
      this.#recordFails = false;
    } catch (error) {
      // After a restart the lease counts as running until its end: the address is only free later.
      const text = `The end of leases such as that of ${formatIpv4(address)} cannot be recorded: ${messageOf(error)}`;
      if (!this.#recordFails) this.#callbacks.onWarning(text);
      this.#recordFails = true;
    }
  }

  #wakeAt(at: Instant): void {
    this.#wake?.cancel();
    this.#wake =
      at === NEVER ? undefined : this.#ports.clock.wake(at, () => this.#dispatch({ kind: 'wake' }));
  }
}

/** Starts the DHCP server. @throws KernelError naming what could not be had (`EADDRINUSE`, `ENODEV`, `EPERM`) */
export async function startDhcp4Server(
  settings: Dhcp4ServerSettings,
  ports: Dhcp4ServerPorts,
  callbacks: Dhcp4ServerCallbacks,
): Promise<Dhcp4Server> {
  const server = new Dhcp4Server(settings, ports, callbacks);
  try {
    await server.start();
  } catch (error) {
    server.stop();
    throw error;
  }
  return server;
}
