/** Netlink families of linux/netlink.h that the program opens. */
export const NETLINK = { ROUTE: 0, NETFILTER: 12 } as const;

export interface NetlinkSocket {
  /** Sends one datagram holding one or more whole messages. @throws KernelError (`ENOBUFS`, `EMSGSIZE`, `EPERM`) through `onError` */
  send(datagram: Uint8Array): void;
  /** Joins a multicast group by its number (RTNLGRP_*, NFNLGRP_*). */
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
  open(family: number, handlers: NetlinkHandlers): NetlinkSocket;
}
