/** Netlink families of linux/netlink.h that the program opens. */
export const NETLINK = { ROUTE: 0, NETFILTER: 12 } as const;

export interface NetlinkSocket {
  /** Our address (nlmsg_pid), by which the answers to us are told from the events others cause. */
  readonly localPort: number;
  /** Sends one datagram holding one or more whole messages. @throws KernelError (`EMSGSIZE`, `EPERM`) through `onError` */
  send(datagram: Uint8Array): void;
  /** Joins a multicast group by its number (RTNLGRP_*, NFNLGRP_*). @throws KernelError */
  join(group: number): void;
  close(): void;
}

export interface NetlinkHandlers {
  /** One datagram from the kernel: one or more whole messages. */
  onDatagram(datagram: Uint8Array): void;
  /** The kernel dropped messages for this socket (`ENOBUFS`) or the socket failed. */
  onError(error: Error): void;
}

export interface NetlinkPort {
  /** @throws KernelError when the kernel has no such family or no more sockets */
  open(family: number, handlers: NetlinkHandlers): NetlinkSocket;
}
