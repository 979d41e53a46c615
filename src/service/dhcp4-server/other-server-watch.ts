import { type Duration, Milliseconds, Minutes, Seconds } from '../../base/duration.ts';
import { DecodeError } from '../../base/errors.ts';
import { ETH_P } from '../../base/ether-type.ts';
import { Instant, after } from '../../base/instant.ts';
import { BROADCAST, type Ipv4, UNSPECIFIED } from '../../base/ipv4.ts';
import { BROADCAST_MAC, type Mac, macBytes, macFromBytes } from '../../base/mac.ts';
import { type OtherServer, OtherServers } from '../../engine/dhcp4-server/other-servers.ts';
import type { Cancel, Clock } from '../../port/clock.ts';
import type { PacketPort, PacketSocket, ReceivedPacket } from '../../port/packet.ts';
import type { Random } from '../../port/random.ts';
import {
  DHCP4_CLIENT_PORT,
  DHCP4_SERVER_PORT,
  HTYPE_ETHERNET,
  MESSAGE_TYPE,
  OP,
} from '../../wire/dhcp4/constants.ts';
import { type Dhcp4Message, decodeMessage, encodeMessage } from '../../wire/dhcp4/message.ts';
import { decodeUdpPacket, encodeUdpPacket } from '../../wire/ipv4/udp.ts';

/** A DISCOVER of our own asks so often whether there is another server, give or take the jitter: boxes started together do not ask together. */
export const ASK_INTERVAL: Duration = Minutes(10);
const ASK_JITTER: Duration = Minutes(2);
/** The first time, and after a client has named another server. */
const SOON: Duration = Seconds(2);
/** Clients that name servers make us ask no more often than this. */
const LEAST_INTERVAL: Duration = Seconds(30);
/** "Locally administered": no device came from its factory with it (IEEE 802-2014 §8.4). */
const LOCAL_BIT = 2;
const SUBNET_MASK = 1;

export interface WatchPorts {
  readonly packet: PacketPort;
  readonly clock: Clock;
  readonly random: Random;
}

function tryDecode(
  packet: ReceivedPacket,
): { readonly message: Dhcp4Message; readonly from: Ipv4 } | undefined {
  try {
    const { payload, source } = decodeUdpPacket(packet.payload, packet.checksumReady);
    return { message: decodeMessage(payload), from: source };
  } catch (error) {
    if (error instanceof DecodeError) return undefined;
    throw error;
  }
}

/**
 * Looks out for other DHCP servers on the LAN: by what they send to all, by what clients say of them, and by asking. The
 * question is a DISCOVER from a made-up MAC address, always the same one, which is never followed by a REQUEST: it costs
 * another server one offer.
 */
export class OtherServerWatch {
  readonly #ports: WatchPorts;
  readonly #onChange: (servers: readonly OtherServer[]) => void;
  readonly #servers = new OtherServers();
  readonly #mac: Mac;
  #own: Ipv4;
  #socket: PacketSocket | undefined;
  #wake: Cancel | undefined;
  #askAt = Instant(Infinity);
  #askedAt = Instant(-Infinity);

  constructor(ports: WatchPorts, own: Ipv4, onChange: (servers: readonly OtherServer[]) => void) {
    this.#ports = ports;
    this.#own = own;
    this.#onChange = onChange;
    this.#mac = macFromBytes(Uint8Array.of(LOCAL_BIT, ...ports.random.bytes(5)));
  }

  /** Looks at this device from now on. @throws KernelError (`ENODEV`, `EPERM`) */
  async open(device: string, own: Ipv4): Promise<void> {
    this.#own = own;
    this.#socket?.close();
    const filter = { etherType: ETH_P.IP, udpPort: DHCP4_CLIENT_PORT };
    this.#socket = await this.#ports.packet.open(device, filter, (packet) => {
      const heard = tryDecode(packet);
      if (heard !== undefined) this.hear(heard.message, packet.source, heard.from);
    });
    this.#askAt = after(this.#ports.clock.now(), this.#jittered(SOON));
    this.#plan();
  }

  close(): void {
    this.#wake?.cancel();
    this.#socket?.close();
    this.#socket = undefined;
  }

  /** Whether the message is our own question, come back by a relay or a loop of cables. */
  isOwn({ chaddr }: Pick<Dhcp4Message, 'chaddr'>): boolean {
    return chaddr.length === 6 && macFromBytes(chaddr) === this.#mac;
  }

  /** A message of a server, whoever it was for. */
  hear({ op, options, giaddr }: Dhcp4Message, mac: Mac, from: Ipv4): void {
    const address = options.serverId ?? from;
    if (op !== OP.BOOTREPLY || options.messageType === undefined) return;
    if (address === this.#own && (giaddr !== UNSPECIFIED || this.#isOurs(mac))) return;
    this.#note(address, mac);
  }

  /**
   * What carries our own address is ours if it comes from here; a relay passes it on with its own address in `giaddr`. Without
   * both, a machine that was given the box's address, or takes its place, hands out addresses.
   */
  #isOurs(mac: Mac): boolean {
    return this.#socket === undefined || mac === this.#socket.mac;
  }

  /** A client has taken an offer of this server. */
  named(address: Ipv4): void {
    this.#note(address, undefined);
    const { clock } = this.#ports;
    const earliest = Math.max(after(clock.now(), this.#jittered(SOON)), after(this.#askedAt, LEAST_INTERVAL));
    if (earliest >= this.#askAt) return;
    this.#askAt = Instant(earliest);
    this.#plan();
  }

  #note(address: Ipv4, mac: Mac | undefined): void {
    const { clock } = this.#ports;
    const isChanged = this.#servers.note(address, mac, { now: clock.now(), wall: clock.wallTime() });
    if (!isChanged) return;
    this.#onChange(this.#servers.list());
    this.#plan();
  }

  #jittered(time: Duration): Duration {
    return Milliseconds(time + this.#ports.random.below(1000));
  }

  #plan(): void {
    this.#wake?.cancel();
    const at = Instant(Math.min(this.#askAt, this.#servers.nextEnd));
    this.#wake = this.#ports.clock.wake(at, () => this.#turn());
  }

  #turn(): void {
    const now = this.#ports.clock.now();
    if (this.#servers.expire(now)) this.#onChange(this.#servers.list());
    if (this.#askAt <= now) {
      this.#ask();
      const jitter = this.#ports.random.below(2 * ASK_JITTER) - ASK_JITTER;
      this.#askedAt = now;
      this.#askAt = after(now, Milliseconds(ASK_INTERVAL + jitter));
    }
    this.#plan();
  }

  #ask(): void {
    const none = UNSPECIFIED;
    const message: Dhcp4Message = {
      op: OP.BOOTREQUEST,
      htype: HTYPE_ETHERNET,
      hops: 0,
      xid: this.#ports.random.below(2 ** 32),
      secs: 0,
      // The answer has to come to all: nobody has the MAC address it would go to.
      broadcast: true,
      ciaddr: none,
      yiaddr: none,
      siaddr: none,
      giaddr: none,
      chaddr: macBytes(this.#mac),
      sname: new Uint8Array(0),
      file: new Uint8Array(0),
      options: { messageType: MESSAGE_TYPE.DISCOVER, parameterRequestList: [SUBNET_MASK] },
    };
    const datagram = encodeUdpPacket({
      source: none,
      sourcePort: DHCP4_CLIENT_PORT,
      destination: BROADCAST,
      destinationPort: DHCP4_SERVER_PORT,
      payload: encodeMessage(message),
    });
    this.#socket?.send(BROADCAST_MAC, datagram);
  }
}
