import type { Duration } from '../base/duration.ts';
import type { Endpoint } from './udp.ts';

/** A byte stream. Handlers are set once, at once, by whoever receives the connection. */
export interface TcpConnection {
  readonly local: Endpoint;
  readonly remote: Endpoint;
  onData(handler: (chunk: Uint8Array) => void): void;
  /** Called once, whoever ended it; `error` is set unless the end was orderly. */
  onClose(handler: (error: Error | undefined) => void): void;
  /** Queues bytes; false when the caller should wait for {@link onDrain}. */
  write(chunk: Uint8Array): boolean;
  onDrain(handler: () => void): void;
  /** Stops delivering data until {@link resume}: back-pressure for the peer. */
  pause(): void;
  resume(): void;
  /** Sends what is queued, then closes. */
  end(): void;
  /** Closes at once. */
  destroy(): void;
}

export interface TcpListener {
  readonly local: Endpoint;
  close(): void;
}

export interface TcpPort {
  /** @throws KernelError (`EADDRINUSE`, `EADDRNOTAVAIL`, `EACCES`) */
  listen(local: Endpoint, onConnection: (connection: TcpConnection) => void): Promise<TcpListener>;
  /** @throws KernelError (`ECONNREFUSED`, `ETIMEDOUT`, `ENETUNREACH`) */
  connect(remote: Endpoint, timeout: Duration): Promise<TcpConnection>;
}
