import { readFileSync, readdirSync, readlinkSync } from 'node:fs';
import { KernelError } from '../../base/errors.ts';
import { readSocketOption, setSocketOption } from './ffi.ts';
import { SOL_SOCKET, SO_RCVBUFFORCE, SO_SNDBUFFORCE } from './socket-constants.ts';

// linux/netlink.h, asm-generic/socket.h, linux/sock_diag.h
const SOL_NETLINK = 270;
const NETLINK_NO_ENOBUFS = 5;
const NETLINK_CAP_ACK = 10;
const NETLINK_EXT_ACK = 11;
const SO_MEMINFO = 55;
const SK_MEMINFO = { DROPS: 8, LENGTH: 9 } as const;

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
 * Sets what the `netlink` package cannot, and gives the descriptor of the socket: acknowledgements with the kernel's
 * own sentences and without a copy of the request, no error state when messages are lost (the add-on of the package
 * ends the process at POLLERR), and buffers beyond net.core.rmem_max where the capability for it is there.
 * @throws KernelError
 */
export function setNetlinkOptions(protocol: number, port: number, buffer: number): number {
  const descriptor = descriptorOf(protocol, port);
  if (descriptor === undefined)
    throw new KernelError('set up a netlink socket', 'ENOENT', 'it is not listed under /proc');
  const set = (level: number, name: number, value: number): void =>
    setSocketOption(descriptor, { level, name }, new Uint8Array(Int32Array.of(value).buffer));
  for (const name of [NETLINK_NO_ENOBUFS, NETLINK_CAP_ACK, NETLINK_EXT_ACK]) set(SOL_NETLINK, name, 1);
  for (const name of [SO_RCVBUFFORCE, SO_SNDBUFFORCE]) {
    try {
      set(SOL_SOCKET, name, buffer);
    } catch (error) {
      // Without CAP_NET_ADMIN the smaller buffers stay, and an overrun comes earlier.
      if (!(error instanceof KernelError && error.errno === 'EPERM')) throw error;
    }
  }
  return descriptor;
}

/** How many messages the kernel could not put into the socket's buffer since it was opened. @throws KernelError */
export function countDrops(descriptor: number): number {
  const memory = new Uint32Array(SK_MEMINFO.LENGTH);
  readSocketOption(descriptor, { level: SOL_SOCKET, name: SO_MEMINFO }, memory);
  return memory[SK_MEMINFO.DROPS] ?? 0;
}
