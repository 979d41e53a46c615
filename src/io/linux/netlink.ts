import { RawNetlinkSocket } from 'netlink/dist/raw.js';
import { KernelError } from '../../base/errors.ts';
import type { NetlinkHandlers, NetlinkPort, NetlinkSocket } from '../../port/netlink.ts';
import { kernelErrorFrom } from '../node/errors.ts';
import { setNetlinkOptions } from './netlink-options.ts';

/** What the kernel caps by net.core.rmem_max (208 KiB by default) unless it is forced, see netlink-options.ts. */
const BUFFER = 1024 * 1024;

/**
 * A handler that throws inside the add-on's callback would end the process without a stack; thrown from a tick
 * of its own it is an ordinary uncaught exception.
 */
function guarded(action: () => void): void {
  try {
    action();
  } catch (error) {
    process.nextTick(() => {
      throw error;
    });
  }
}

class RawSocket implements NetlinkSocket {
  readonly localPort: number;
  readonly #socket: RawNetlinkSocket;
  readonly #handlers: NetlinkHandlers;
  #closed = false;

  constructor(family: number, handlers: NetlinkHandlers) {
    this.#handlers = handlers;
    this.#socket = new RawNetlinkSocket(family, { recvBufferSize: BUFFER, sendBufferSize: BUFFER });
    this.#socket.on('message', (datagram, from) => {
      // Any local process may send to our port; only what comes from port 0 is the kernel's.
      if (!this.#closed && from.port === 0) guarded(() => handlers.onDatagram(datagram));
    });
    this.#socket.on('truncatedMessage', (datagram, { truncated }) => {
      const detail = `${truncated ?? 'more'} bytes do not fit into ${datagram.length}`;
      this.#fail(new KernelError('receive a netlink message', 'EMSGSIZE', detail));
    });
    this.#socket.on('error', (error) => {
      const lost = error.code === 'ENOBUFS' ? 'the kernel dropped messages for this socket' : error.message;
      this.#fail(new KernelError('receive netlink messages', error.code, lost));
    });
    this.localPort = this.#socket.address().port;
    setNetlinkOptions(family, this.localPort, BUFFER);
  }

  send(datagram: Uint8Array): void {
    this.#socket.send(datagram, undefined, (error) => {
      if (error === undefined || error === null) return;
      this.#fail(kernelErrorFrom(`send ${datagram.length} bytes to the kernel by netlink`, error));
    });
  }

  join(group: number): void {
    try {
      this.#socket.addMembership(group);
    } catch (error) {
      throw kernelErrorFrom(`join netlink group ${group}`, error);
    }
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    // Closed inside one of its own callbacks the add-on goes on with a freed handle.
    setImmediate(() => this.#socket.close());
  }

  #fail(error: Error): void {
    if (!this.#closed) guarded(() => this.#handlers.onError(error));
  }
}

/** Netlink sockets on the event loop by the `netlink` package; none of its own codecs is used or loaded. */
export const linuxNetlink: NetlinkPort = {
  open(family, handlers) {
    try {
      return new RawSocket(family, handlers);
    } catch (error) {
      throw kernelErrorFrom(`open a netlink socket of family ${family}`, error);
    }
  },
};
