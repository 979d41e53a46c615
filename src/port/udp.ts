import type { Ipv4 } from '../base/ipv4.ts';
import type { Ipv6 } from '../base/ipv6.ts';

/** An address of either family: IPv4 is a number, IPv6 a bigint. */
export type IpAddress = Ipv4 | Ipv6;

export interface Endpoint {
  readonly address: IpAddress;
  /** 1 to 65535; 0 asks for any free port when binding. */
  readonly port: number;
}

export interface UdpSocket {
  readonly local: Endpoint;
  /** Hands the datagram to the kernel; one that cannot be sent is lost, as on a real network, and counted by the adapter. */
  send(datagram: Uint8Array, to: Endpoint): void;
  close(): void;
}

/** A socket that sends to one peer and hears that peer alone. */
export interface UdpConversation {
  send(datagram: Uint8Array): void;
  close(): void;
}

export interface UdpConversationHandlers {
  onDatagram(datagram: Uint8Array): void;
  /** The peer's host or a router on the way said that what was sent reaches nobody (RFC 1122 section 4.1.3.3). May come more than once. */
  onUnreachable(): void;
}

export interface UdpDialer {
  /** From a fresh port. @throws KernelError (`ENETUNREACH`) */
  connect(peer: Endpoint, handlers: UdpConversationHandlers): Promise<UdpConversation>;
}

export interface UdpPort {
  /** @throws KernelError (`EADDRINUSE`, `EADDRNOTAVAIL`, `EACCES`) */
  bind(local: Endpoint, onDatagram: (datagram: Uint8Array, from: Endpoint) => void): Promise<UdpSocket>;
}
