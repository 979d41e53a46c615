import { type Duration, Milliseconds } from '../../base/duration.ts';
import { DecodeError, KernelError, messageOf } from '../../base/errors.ts';
import { ETH_P } from '../../base/ether-type.ts';
import { after } from '../../base/instant.ts';
import type { Ipv4 } from '../../base/ipv4.ts';
import { BROADCAST_MAC, type Mac } from '../../base/mac.ts';
import type { Clock } from '../../port/clock.ts';
import type { IcmpPort } from '../../port/icmp.ts';
import type { PacketPort, PacketSocket, ReceivedPacket } from '../../port/packet.ts';
import { type ArpMessage, decodeArp, encodeArpRequest } from '../../wire/arp/message.ts';

/** How long an address has to answer before it counts as unused. Hosts of a LAN answer within a few milliseconds. */
export const PROBE_TIMEOUT: Duration = Milliseconds(500);
/** The question is asked a second time after this: a frame may be lost on the air. */
const REPEAT_AFTER: Duration = Milliseconds(200);
/** Who answered a ping is told by ARP, at the latest this much later. */
const WHO_TIMEOUT: Duration = Milliseconds(100);

export interface ProbePorts {
  readonly packet: PacketPort;
  readonly icmp: IcmpPort;
  readonly clock: Clock;
}

/** Where and as whom to ask. */
export interface ProbePlace {
  readonly device: string;
  readonly source: Ipv4;
}

export interface ProbeOutcome {
  readonly inUse: boolean;
  /** Who answered, as far as that is known. */
  readonly by: Mac | undefined;
}

/** Devices whose answers by ARP mean nothing: some, or all. */
type Ignored = ReadonlySet<Mac> | 'all';

interface Pending {
  readonly outcome: Promise<ProbeOutcome>;
  readonly ignore: Ignored;
  readonly settle: (outcome: ProbeOutcome) => void;
}

const UNUSED: ProbeOutcome = { inUse: false, by: undefined };

function tryDecodeArp(payload: Uint8Array): ArpMessage | undefined {
  try {
    return decodeArp(payload);
  } catch (error) {
    if (error instanceof DecodeError) return undefined;
    throw error;
  }
}

/**
 * Finds out whether someone uses an address, by a ping and by ARP at once: many hosts leave pings unanswered, but every host
 * that uses an address answers ARP for it. Any number of addresses is asked about at the same time; the ARP socket is
 * open only meanwhile, because it wakes the process with every broadcast of the LAN.
 */
export class AddressProbe {
  readonly #ports: ProbePorts;
  readonly #onTrouble: (text: string) => void;
  readonly #pending = new Map<Ipv4, Pending>();
  #socket: Promise<PacketSocket | undefined> | undefined;
  // A trouble that lasts is told once, not with every address it concerns.
  readonly #troubles = new Set<'ping' | 'ARP'>();

  constructor(ports: ProbePorts, onTrouble: (text: string) => void) {
    this.#ports = ports;
    this.#onTrouble = onTrouble;
  }

  /** A second question about an address gets the answer of the first, while that is awaited. Never rejects. */
  probe(address: Ipv4, place: ProbePlace, ignore: Ignored): Promise<ProbeOutcome> {
    const { promise, resolve } = Promise.withResolvers<ProbeOutcome>();
    const underway = this.#pending.get(address);
    if (underway !== undefined) return underway.outcome;
    const pending: Pending = { outcome: promise, ignore, settle: resolve };
    this.#pending.set(address, pending);
    return this.#await(address, place, pending);
  }

  async #await(address: Ipv4, place: ProbePlace, { outcome, settle }: Pending): Promise<ProbeOutcome> {
    let isPinged = false;
    const timer = this.#after(PROBE_TIMEOUT, () => settle({ inUse: isPinged, by: undefined }));
    const repeat = this.#after(REPEAT_AFTER, () => void this.#ask(address, place));
    void this.#ask(address, place);
    void this.#ping(address, () => {
      isPinged = true;
      this.#after(WHO_TIMEOUT, () => settle({ inUse: true, by: undefined }));
    });
    const found = await outcome;
    timer.cancel();
    repeat.cancel();
    this.#pending.delete(address);
    if (this.#pending.size === 0) this.#close();
    return found;
  }

  stop(): void {
    for (const { settle } of this.#pending.values()) settle(UNUSED);
    this.#close();
  }

  #after(time: Duration, action: () => void): ReturnType<Clock['wake']> {
    const { clock } = this.#ports;
    return clock.wake(after(clock.now(), time), action);
  }

  async #ask(address: Ipv4, { device, source }: ProbePlace): Promise<void> {
    this.#socket ??= this.#open(device);
    const socket = await this.#socket;
    socket?.send(
      BROADCAST_MAC,
      encodeArpRequest({ senderMac: socket.mac, senderAddress: source, targetAddress: address }),
    );
  }

  async #open(device: string): Promise<PacketSocket | undefined> {
    try {
      const filter = { etherType: ETH_P.ARP };
      const socket = await this.#ports.packet.open(device, filter, (packet) => this.#hear(packet));
      this.#troubles.delete('ARP');
      return socket;
    } catch (error) {
      this.#tell('ARP', error);
      return undefined;
    }
  }

  #close(): void {
    const closing = this.#socket;
    this.#socket = undefined;
    void closing?.then((socket) => socket?.close());
  }

  /** Whatever a host says from an address tells that it uses it. */
  #hear({ payload, source }: ReceivedPacket): void {
    const message = tryDecodeArp(payload);
    const pending = message && this.#pending.get(message.senderAddress);
    if (message === undefined || pending === undefined || pending.ignore === 'all') return;
    const by = message.senderMac;
    if (!pending.ignore.has(by) && !pending.ignore.has(source)) pending.settle({ inUse: true, by });
  }

  async #ping(address: Ipv4, onAnswer: () => void): Promise<void> {
    try {
      const isAnswered = await this.#ports.icmp.echo(address, PROBE_TIMEOUT);
      this.#troubles.delete('ping');
      if (isAnswered) onAnswer();
    } catch (error) {
      this.#tell('ping', error);
    }
  }

  /** Better an address that was not checked than none: the client checks it once more. */
  #tell(how: 'ping' | 'ARP', error: unknown): void {
    if (!(error instanceof KernelError)) throw error;
    if (this.#troubles.has(how)) return;
    this.#troubles.add(how);
    this.#onTrouble(`Addresses are offered without a check by ${how}: ${messageOf(error)}`);
  }
}
