import type { Ipv4 } from '../base/ipv4.ts';
import type { Mac } from '../base/mac.ts';

/** One Ethernet frame's payload as received on a device. */
export interface ReceivedPacket {
  readonly source: Mac;
  readonly destination: Mac;
  /** The network-layer packet, from its first byte (IPv4 or ARP header). */
  readonly payload: Uint8Array;
  /** False when the sender's kernel left the transport checksum to the (virtual) hardware: it cannot be checked. */
  readonly checksumReady: boolean;
}

export interface PacketSocket {
  /** The device's own address when the socket was opened. */
  readonly mac: Mac;
  send(destination: Mac, payload: Uint8Array): void;
  /**
   * From now on only one of 2^halvings packets is received, by chance; 0 is all. The rest costs this process nothing: the
   * kernel drops it where it came in.
   */
  thin(halvings: number): void;
  close(): void;
}

export interface PacketFilter {
  /** One of ETH_P: what is to be received. */
  readonly etherType: number;
  /** With IPv4: only UDP to this port, checked in the kernel before the packet is copied. */
  readonly udpPort?: number;
  /**
   * With ARP: only what is said about this address (it is the sender's), and probes for it (sender 0.0.0.0, RFC 5227),
   * checked likewise: the segment of a provider is full of ARP about others.
   */
  readonly arpAddress?: Ipv4;
  /**
   * With `udpPort`: only datagrams with any of these words, or only those with none. A payload that ends before one of them
   * is neither.
   */
  readonly words?: { readonly part: 'with' | 'without'; readonly oneOf: readonly PayloadWord[] };
}

/** A word of 32 bits of a datagram's payload: those of its bits that are in the mask are the value, or not all zero. */
export interface PayloadWord {
  readonly offset: number;
  readonly mask: number;
  readonly value?: number;
}

/** Link-layer sockets bound to one device (packet(7), SOCK_DGRAM). They see packets before the firewall does. */
export interface PacketPort {
  /** @throws KernelError (`ENODEV`, `EPERM`) */
  open(
    device: string,
    filter: PacketFilter,
    onPacket: (packet: ReceivedPacket) => void,
  ): Promise<PacketSocket>;
}
