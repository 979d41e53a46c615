import { readFileSync, readdirSync, readlinkSync } from 'node:fs';
import { KernelError } from '../../base/errors.ts';
import { setSocketOption } from './ffi.ts';

// linux/netlink.h, asm-generic/socket.h
const SOL_NETLINK = 270;
const NETLINK_CAP_ACK = 10;
const NETLINK_EXT_ACK = 11;
const SOL_SOCKET = 1;
const SO_SNDBUFFORCE = 32;
const SO_RCVBUFFORCE = 33;

/** Columns of /proc/net/netlink: sk Eth Pid Groups Rmem Wmem Dump Locks Drops Inode. */
const COLUMN = { protocol: 1, port: 2, inode: 9 } as const;

/**
 * The file descriptor of our netlink socket with this port number. The `netlink` package keeps it to itself, the
 * kernel does not: it lists the sockets of the namespace by protocol and port with the inode the descriptor shows.
 */
function descriptorOf(protocol: number, port: number): number | undefined {
  const rows = readFileSync('/proc/thread-self/net/netlink', 'latin1')
    .split('\n')
    .map((line) => line.split(/\s+/));
  const inode = rows.find(
    (row) => Number(row[COLUMN.protocol]) === protocol && Number(row[COLUMN.port]) === port,
  )?.[COLUMN.inode];
  if (inode === undefined) return undefined;
  const descriptors = readdirSync('/proc/self/fd');
  const own = descriptors.find((descriptor) => linkOf(descriptor) === `socket:[${inode}]`);
  return own === undefined ? undefined : Number(own);
}

function linkOf(descriptor: string): string | undefined {
  try {
    return readlinkSync(`/proc/self/fd/${descriptor}`);
  } catch {
    // Closed since the directory was read: among others the descriptor of that reading.
    return undefined;
  }
}

/**
 * Sets what the `netlink` package cannot: buffers beyond net.core.rmem_max, acknowledgements with the kernel's
 * own sentences and without a copy of the request. Netlink works without any of it, only with shorter error messages
 * and earlier overruns, so what the kernel refuses (no CAP_NET_ADMIN) is left as it is.
 */
export function setNetlinkOptions(protocol: number, port: number, buffer: number): void {
  const descriptor = descriptorOf(protocol, port);
  if (descriptor === undefined) return;
  const options = [
    { level: SOL_SOCKET, name: SO_RCVBUFFORCE, value: buffer },
    { level: SOL_SOCKET, name: SO_SNDBUFFORCE, value: buffer },
    { level: SOL_NETLINK, name: NETLINK_EXT_ACK, value: 1 },
    { level: SOL_NETLINK, name: NETLINK_CAP_ACK, value: 1 },
  ];
  for (const { level, name, value } of options) {
    try {
      setSocketOption(descriptor, { level, name }, new Uint8Array(Int32Array.of(value).buffer));
    } catch (error) {
      if (!(error instanceof KernelError)) throw error;
    }
  }
}
