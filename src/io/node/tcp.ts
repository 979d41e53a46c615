import { once } from 'node:events';
import { type Socket, connect, createServer } from 'node:net';
import { formatAddress, formatEndpoint } from '../../base/address.ts';
import { type Duration, Seconds } from '../../base/duration.ts';
import { KernelError } from '../../base/errors.ts';
import type { TcpConnection, TcpListener, TcpPort } from '../../port/tcp.ts';
import type { Endpoint } from '../../port/udp.ts';
import { endpointFrom } from './endpoint.ts';
import { kernelErrorFrom } from './errors.ts';

/** How long a connection we have ended waits for its peer to end too before it is broken off. */
const LINGER = Seconds(5);

class NodeTcpConnection implements TcpConnection {
  readonly local: Endpoint;
  readonly remote: Endpoint;
  readonly #socket: Socket;
  #failure: Error | undefined;
  #closed = false;
  #onClose: ((error: Error | undefined) => void) | undefined;

  constructor(socket: Socket, local: Endpoint, remote: Endpoint) {
    this.#socket = socket;
    this.local = local;
    this.remote = remote;
    socket.setNoDelay(true);
    socket.on('error', (error) => {
      this.#failure = kernelErrorFrom(`keep the connection with ${formatEndpoint(remote)}`, error);
    });
    socket.once('close', () => {
      this.#closed = true;
      this.#onClose?.(this.#failure);
    });
  }

  onData(handler: (chunk: Uint8Array) => void): void {
    this.#socket.on('data', (chunk: Buffer) => {
      if (this.#socket.writableEnded) return;
      handler(new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.length));
    });
  }

  onClose(handler: (error: Error | undefined) => void): void {
    this.#onClose = handler;
    // A connection may end between its hand-over and this call.
    if (this.#closed) queueMicrotask(() => handler(this.#failure));
  }

  write(chunk: Uint8Array): boolean {
    return this.#socket.writable && this.#socket.write(chunk);
  }

  onDrain(handler: () => void): void {
    this.#socket.on('drain', handler);
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  end(): void {
    if (this.#socket.writableEnded || this.#closed) return;
    this.#socket.end();
    // Unread bytes would turn the close into a reset, which can destroy our last words on their way; they are read and dropped.
    this.#socket.resume();
    const timer = setTimeout(() => this.#socket.destroy(), LINGER);
    this.#socket.once('close', () => clearTimeout(timer));
  }

  destroy(): void {
    this.#socket.destroy();
  }
}

function wrap(socket: Socket): NodeTcpConnection | undefined {
  const local = endpointFrom(socket.localAddress, socket.localPort);
  const remote = endpointFrom(socket.remoteAddress, socket.remotePort);
  return local === undefined || remote === undefined
    ? undefined
    : new NodeTcpConnection(socket, local, remote);
}

/** TCP by node:net. */
export class NodeTcp implements TcpPort {
  #failedAccepts = 0;

  /** Connections the kernel could not hand over, as when too many files are open. */
  get failedAccepts(): number {
    return this.#failedAccepts;
  }

  async listen(local: Endpoint, onConnection: (connection: TcpConnection) => void): Promise<TcpListener> {
    const server = createServer((socket) => {
      const connection = wrap(socket);
      // A peer that is gone before it was accepted has no address any more.
      if (connection === undefined) socket.destroy();
      else onConnection(connection);
    });
    try {
      server.listen({ host: formatAddress(local.address), port: local.port, ipv6Only: true });
      await once(server, 'listening');
    } catch (error) {
      throw kernelErrorFrom(`listen on TCP ${formatEndpoint(local)}`, error);
    }
    server.on('error', () => this.#failedAccepts++);
    const bound = server.address();
    const port = bound !== null && typeof bound === 'object' ? bound.port : local.port;
    return { local: { address: local.address, port }, close: () => void server.close() };
  }

  async connect(remote: Endpoint, timeout: Duration): Promise<TcpConnection> {
    const operation = `connect to ${formatEndpoint(remote)}`;
    const socket = connect({ host: formatAddress(remote.address), port: remote.port });
    const timer = setTimeout(() => {
      socket.destroy(new KernelError(operation, 'ETIMEDOUT', 'no answer in time'));
    }, timeout);
    try {
      await once(socket, 'connect');
    } catch (error) {
      throw error instanceof KernelError ? error : kernelErrorFrom(operation, error);
    } finally {
      clearTimeout(timer);
    }
    const connection = wrap(socket);
    if (connection === undefined)
      throw new KernelError(operation, 'ECONNRESET', 'the other side broke it off');
    return connection;
  }
}
