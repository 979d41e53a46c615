import type { TcpConnection } from '../../src/port/tcp.ts';
import type { Endpoint } from '../../src/port/udp.ts';

/** Bytes under way beyond which write() asks its caller to wait. */
const HIGH_WATER = 65_536;

/** One end of an in-memory byte stream; made by {@link connectionPair}. */
export class FakeConnection implements TcpConnection {
  readonly local: Endpoint;
  readonly remote: Endpoint;
  #peer: FakeConnection | undefined;
  readonly #incoming: Uint8Array[] = [];
  #incomingBytes = 0;
  #paused = false;
  #scheduled = false;
  #ended = false;
  #peerEnded = false;
  #closed: { readonly error: Error | undefined } | undefined;
  #wantsDrain = false;
  #onData: ((chunk: Uint8Array) => void) | undefined;
  #onDrain: (() => void) | undefined;
  readonly #onClose: ((error: Error | undefined) => void)[] = [];

  constructor(local: Endpoint, remote: Endpoint) {
    this.local = local;
    this.remote = remote;
  }

  /** Makes `peer` the other end. */
  attach(peer: FakeConnection): void {
    this.#peer = peer;
  }

  onData(handler: (chunk: Uint8Array) => void): void {
    this.#onData = handler;
    this.#schedule();
  }

  onClose(handler: (error: Error | undefined) => void): void {
    this.whenClosed(handler);
  }

  /** As onClose(), for the network's own book-keeping beside the owner's handler. */
  whenClosed(handler: (error: Error | undefined) => void): void {
    const closed = this.#closed;
    if (closed === undefined) this.#onClose.push(handler);
    else queueMicrotask(() => handler(closed.error));
  }

  write(chunk: Uint8Array): boolean {
    const peer = this.#peer;
    if (this.#ended || this.#closed !== undefined || peer === undefined) return false;
    peer.#incoming.push(chunk.slice());
    peer.#incomingBytes += chunk.length;
    peer.#schedule();
    this.#wantsDrain = peer.#incomingBytes >= HIGH_WATER;
    return !this.#wantsDrain;
  }

  onDrain(handler: () => void): void {
    this.#onDrain = handler;
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
    this.#schedule();
  }

  end(): void {
    if (this.#ended || this.#closed !== undefined) return;
    this.#ended = true;
    this.#paused = false;
    this.#schedule();
    const peer = this.#peer;
    if (peer !== undefined) {
      peer.#peerEnded = true;
      peer.#schedule();
    }
  }

  destroy(): void {
    this.#finish(undefined);
  }

  /** The connection breaks, as by a reset from the wire: both ends hear of `error`. */
  break(error: Error): void {
    const peer = this.#peer;
    if (peer !== undefined) peer.#finish(error);
    this.#finish(error);
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    queueMicrotask(() => {
      this.#scheduled = false;
      this.#deliver();
    });
  }

  #deliver(): void {
    while (!this.#paused && this.#closed === undefined && (this.#onData !== undefined || this.#ended)) {
      const chunk = this.#incoming.shift();
      if (chunk === undefined) break;
      this.#incomingBytes -= chunk.length;
      if (!this.#ended) this.#onData?.(chunk);
    }
    if (this.#incoming.length > 0 || this.#closed !== undefined) return;
    const peer = this.#peer;
    if (peer !== undefined) peer.#drained();
    if (this.#peerEnded) this.#finish(undefined);
  }

  #drained(): void {
    if (!this.#wantsDrain) return;
    this.#wantsDrain = false;
    this.#onDrain?.();
  }

  #finish(error: Error | undefined): void {
    if (this.#closed !== undefined) return;
    this.#closed = { error };
    const peer = this.#peer;
    if (peer !== undefined) {
      peer.#peerEnded = true;
      peer.#schedule();
    }
    queueMicrotask(() => {
      for (const handler of this.#onClose) handler(error);
    });
  }
}

/** The two ends of a new connection from `client` to `server`. */
export function connectionPair(
  client: Endpoint,
  server: Endpoint,
): readonly [near: FakeConnection, far: FakeConnection] {
  const near = new FakeConnection(client, server);
  const far = new FakeConnection(server, client);
  near.attach(far);
  far.attach(near);
  return [near, far];
}
