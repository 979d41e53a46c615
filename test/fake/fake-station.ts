import { after } from '../../src/base/instant.ts';
import type { Instant } from '../../src/base/instant.ts';
import { BROADCAST, type Ipv4, UNSPECIFIED, ipv4Bytes } from '../../src/base/ipv4.ts';
import { BROADCAST_MAC, type Mac, macBytes } from '../../src/base/mac.ts';
import type { Clock } from '../../src/port/clock.ts';
import type { PacketSocket, ReceivedPacket } from '../../src/port/packet.ts';
import { MESSAGE_TYPE, OP } from '../../src/wire/dhcp4/constants.ts';
import { type Dhcp4Message, decodeMessage, encodeMessage } from '../../src/wire/dhcp4/message.ts';
import type { Dhcp4Options } from '../../src/wire/dhcp4/options.ts';
import { decodeUdpPacket, encodeUdpPacket } from '../../src/wire/ipv4/udp.ts';
import type { FakeLan } from './fake-lan.ts';

/** What a station holds by its own reckoning: from its REQUEST on, as RFC 2131 §4.4.1 has it. */
export interface Held {
  readonly address: Ipv4;
  readonly server: Ipv4;
  readonly until: Instant;
}

/** A LAN device with a DHCP client that does what it is told, when it is told, without retransmission. */
export class FakeStation {
  /** The last message for it. */
  last: Dhcp4Message | undefined;
  readonly mac: Mac;
  /** Whether it answers pings; the firewalls of many desktops do not. ARP it always answers. */
  answersPings = true;
  readonly #clock: Clock;
  readonly #lan: FakeLan;
  readonly #name: string;
  #socket: PacketSocket | undefined;
  #arp: PacketSocket | undefined;
  #held: Held | undefined;
  /** Kept over a reboot. */
  #remembered: Ipv4 | undefined;
  #asked: Instant | undefined;
  #xid = 0;

  constructor(lan: FakeLan, clock: Clock, mac: Mac, name: string) {
    this.#lan = lan;
    this.#clock = clock;
    this.mac = mac;
    this.#name = name;
  }

  async plugIn(): Promise<void> {
    const filter = { etherType: 0x0800, udpPort: 68 };
    const host = this.#lan.host(this.mac);
    this.#socket = await host.open('eth0', filter, (packet) => this.#receive(packet));
    this.#arp = await host.open('eth0', { etherType: 0x0806 }, (packet) => this.#resolve(packet));
  }

  get held(): Held | undefined {
    return this.#held !== undefined && this.#held.until > this.#clock.now() ? this.#held : undefined;
  }

  discover(): void {
    this.#drop();
    this.#send('DISCOVER', { requestedAddress: this.#remembered });
  }

  /** Asks to go on, of the server that gave the address or of all. */
  renew(rebind = false): void {
    const { held } = this;
    if (held === undefined) return;
    this.#asked = this.#clock.now();
    this.#send('REQUEST', {}, { ciaddr: held.address, to: rebind ? BROADCAST : held.server });
  }

  /** INIT-REBOOT. */
  reboot(): void {
    this.#drop();
    if (this.#remembered === undefined) return;
    this.#asked = this.#clock.now();
    this.#send('REQUEST', { requestedAddress: this.#remembered });
  }

  release(): void {
    const { held } = this;
    if (held === undefined) return;
    this.#drop();
    this.#send('RELEASE', { serverId: held.server }, { ciaddr: held.address, to: held.server });
  }

  decline(): void {
    const { held } = this;
    if (held === undefined) return;
    this.#drop();
    this.#remembered = undefined;
    this.#send('DECLINE', { serverId: held.server, requestedAddress: held.address });
  }

  /** Built by hand: octets 8 to 27 are sender and target, as MAC address and address each (RFC 826). */
  #resolve({ payload, source }: ReceivedPacket): void {
    const { held } = this;
    const address = held === undefined ? [] : [...ipv4Bytes(held.address)];
    const isAsked = payload[7] === 1 && address.every((byte, index) => byte === payload[24 + index]);
    if (held === undefined || !isAsked) return;
    const asker = payload.subarray(8, 18);
    const reply = [0, 1, 8, 0, 6, 4, 0, 2, ...macBytes(this.mac), ...address, ...asker];
    this.#arp?.send(source, Uint8Array.from(reply));
  }

  #drop(): void {
    if (this.#held !== undefined && this.answersPings) this.#lan.answering.delete(this.#held.address);
    this.#held = undefined;
  }

  #send(
    type: keyof typeof MESSAGE_TYPE,
    options: Dhcp4Options,
    from: { ciaddr?: Ipv4; to?: Ipv4 } = {},
  ): void {
    const { ciaddr = UNSPECIFIED, to = BROADCAST } = from;
    if (type === 'DISCOVER' || type === 'RELEASE' || type === 'DECLINE') this.#asked = undefined;
    const empty = new Uint8Array(0);
    const message: Dhcp4Message = {
      op: OP.BOOTREQUEST,
      htype: 1,
      hops: 0,
      xid:
        type === 'REQUEST' && this.#asked !== undefined && ciaddr === UNSPECIFIED ? this.#xid : ++this.#xid,
      secs: 0,
      broadcast: false,
      ciaddr,
      yiaddr: UNSPECIFIED,
      siaddr: UNSPECIFIED,
      giaddr: UNSPECIFIED,
      chaddr: macBytes(this.mac),
      sname: empty,
      file: empty,
      options: { messageType: MESSAGE_TYPE[type], hostName: this.#name, ...options },
    };
    const datagram = encodeUdpPacket({
      source: ciaddr,
      sourcePort: 68,
      destination: to,
      destinationPort: 67,
      payload: encodeMessage(message),
    });
    this.#socket?.send(BROADCAST_MAC, datagram);
  }

  #receive(packet: ReceivedPacket): void {
    const message = decodeMessage(decodeUdpPacket(packet.payload, packet.checksumReady).payload);
    if (message.xid !== this.#xid || Buffer.compare(message.chaddr, macBytes(this.mac)) !== 0) return;
    this.last = message;
    const { messageType, serverId, leaseTime } = message.options;
    if (messageType === MESSAGE_TYPE.OFFER && this.#asked === undefined) {
      this.#asked = this.#clock.now();
      this.#send('REQUEST', { serverId, requestedAddress: message.yiaddr });
    } else if (messageType === MESSAGE_TYPE.NAK) {
      this.#drop();
      this.#asked = undefined;
    } else if (messageType === MESSAGE_TYPE.ACK && this.#asked !== undefined) {
      if (serverId === undefined || leaseTime === undefined) return;
      this.#drop();
      this.#held = { address: message.yiaddr, server: serverId, until: after(this.#asked, leaseTime) };
      this.#remembered = message.yiaddr;
      if (this.answersPings) this.#lan.answering.add(message.yiaddr);
      this.#asked = undefined;
    }
  }
}
