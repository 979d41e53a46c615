import { RawNetlinkSocket } from 'netlink/dist/raw.js';
import { KernelError } from '../../base/errors.ts';
import type { NetlinkHandlers, NetlinkPort, NetlinkSocket } from '../../port/netlink.ts';
import { kernelErrorFrom } from '../node/errors.ts';
import { countDrops, setNetlinkOptions } from './netlink-options.ts';

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
  readonly #descriptor: number;
  #drops = 0;
  #checking = false;
  #closed = false;

  constructor(family: number, handlers: NetlinkHandlers) {
    this.#handlers = handlers;
    this.#socket = new RawNetlinkSocket(family, { recvBufferSize: BUFFER, sendBufferSize: BUFFER });
    this.#socket.on('message', (datagram, from) => {
      // Any local process may send to our port; only what comes from port 0 is the kernel's.
      if (this.#closed || from.port !== 0) return;
      this.#checkDropsSoon();
      guarded(() => handlers.onDatagram(datagram));
    });
    this.#socket.on('truncatedMessage', (datagram, { truncated }) => {
      const detail = `${truncated ?? 'more'} bytes do not fit into ${datagram.length}`;
      this.#fail(new KernelError('receive a netlink message', 'EMSGSIZE', detail));
    });
    this.#socket.on('error', (error) => {
      this.#fail(kernelErrorFrom('receive netlink messages', error));
    });
    this.localPort = this.#socket.address().port;
    this.#descriptor = this.#setUp(family);
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

  #setUp(family: number): number {
    try {
      return setNetlinkOptions(family, this.localPort, BUFFER);
    } catch (error) {
      this.#socket.close();
      throw error;
    }
  }

  /**
   * Messages are dropped only while the buffer is full, so there is always something to read after a drop: to look
   * at the counter whenever something was read misses none.
   */
  #checkDropsSoon(): void {
    if (this.#checking) return;
    this.#checking = true;
    setImmediate(() => {
      this.#checking = false;
      if (!this.#closed) guarded(() => this.#checkDrops());
    });
  }

  #checkDrops(): void {
    const drops = countDrops(this.#descriptor);
    if (drops === this.#drops) return;
    const lost = drops - this.#drops;
    this.#drops = drops;
    const detail = `${lost} messages did not fit into the buffer of the socket`;
    this.#fail(new KernelError('receive netlink messages', 'ENOBUFS', detail));
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
