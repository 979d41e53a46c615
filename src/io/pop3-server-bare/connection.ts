import { randomUUID } from 'node:crypto';
import type { Socket } from 'node:net';
import process from 'node:process';
import { type SecureContext, TLSSocket } from 'node:tls';
import type { Pop3Session } from './options.ts';
import type { Transport } from './transport.ts';

export interface ConnectionEvents {
  readonly onData: (chunk: Uint8Array) => void;
  readonly onSecure: () => void;
  /** The connection broke; {@link onClose} follows. */
  readonly onError: (error: Error) => void;
  /** Called once, whoever ended it. */
  readonly onClose: () => void;
}

const WRITTEN = Promise.resolve(undefined);

/** How long a client that was sent the last reply may keep its side open. */
const LINGER_TIME = 5000;

// A client that leaves is no event for a log.
const QUIET = new Set(['ECONNRESET', 'EPIPE', 'ETIMEDOUT']);

function plainAddress(address: string | undefined): string {
  return (address ?? '').replace(/^::ffff:(?=\d+\.)/i, '');
}

export function sessionOf(socket: Socket): Pop3Session {
  return {
    id: randomUUID(),
    remoteAddress: plainAddress(socket.remoteAddress),
    remotePort: socket.remotePort ?? 0,
    localAddress: plainAddress(socket.localAddress),
    localPort: socket.localPort ?? 0,
    secure: false,
  };
}

/** A client's socket, with or without TLS around it. */
export class Connection implements Transport {
  #socket: Socket;
  readonly #secureContext: () => SecureContext | undefined;
  readonly #stallTime: number;
  readonly #events: ConnectionEvents;
  #deadline: NodeJS.Timeout | undefined;
  #deadlineTime: number | undefined;
  #deadlineIsOff = true;
  #closed = false;

  constructor(
    socket: Socket,
    secureContext: () => SecureContext | undefined,
    stallTime: number,
    events: ConnectionEvents,
  ) {
    this.#socket = socket;
    this.#secureContext = secureContext;
    this.#stallTime = stallTime;
    this.#events = events;
    // Replies to pipelined commands must not wait for delayed acknowledgements.
    socket.setNoDelay(true);
    socket.on('error', (error) => this.#failed(error));
    socket.on('close', () => this.#gone());
    socket.on('data', this.#onData);
  }

  write(bytes: Uint8Array, isMoreComing = false): Promise<undefined> {
    const socket = this.#socket;
    if (this.#closed || !socket.writable) return WRITTEN;
    if (isMoreComing && socket.writableCorked === 0) {
      socket.cork();
      // Runs as soon as the next reply has to wait for the disk: nobody waits longer for one that is there.
      process.nextTick(() => socket.uncork());
    }
    if (socket.write(bytes)) return WRITTEN;
    socket.uncork();
    return new Promise((resolve) => {
      const stalled = setTimeout(() => socket.destroy(), this.#stallTime);
      const done = (): void => {
        clearTimeout(stalled);
        socket.off('drain', done);
        socket.off('close', done);
        resolve(undefined);
      };
      socket.once('drain', done);
      socket.once('close', done);
    });
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  startTls(): void {
    const plain = this.#socket;
    const secureContext = this.#secureContext();
    if (secureContext === undefined) return this.destroy();
    plain.off('data', this.#onData);
    plain.pause();
    // TLSSocket would hand what is buffered to the handshake; it was sent in plaintext and is worth nothing.
    while (plain.read() !== null);
    const socket = new TLSSocket(plain, { isServer: true, secureContext });
    socket.on('error', (error) => this.#failed(error));
    socket.on('close', () => this.#gone());
    socket.once('secure', () => this.#events.onSecure());
    socket.on('data', this.#onData);
    this.#socket = socket;
  }

  end(): void {
    // Whatever still comes in is thrown away, so that the client's FIN is seen.
    this.#socket.off('data', this.#onData);
    this.#socket.end();
    this.#socket.resume();
    this.setDeadline(LINGER_TIME);
  }

  /** Called for every command: one timer is set back, and passes over if there is no deadline when it goes off. */
  setDeadline(time: number | undefined): void {
    const isSame = time === this.#deadlineTime || time === undefined;
    this.#deadlineIsOff = time === undefined;
    if (isSame && time !== undefined) this.#deadline?.refresh();
    if (isSame || this.#closed) return;
    clearTimeout(this.#deadline);
    this.#deadlineTime = time;
    this.#deadline = setTimeout(() => {
      if (!this.#deadlineIsOff) this.destroy();
    }, time);
  }

  destroy(): void {
    this.#socket.destroy();
  }

  readonly #onData = (chunk: Uint8Array): void => this.#events.onData(chunk);

  #failed(error: Error & { code?: string }): void {
    if (error.code === undefined || !QUIET.has(error.code)) this.#events.onError(error);
    this.#socket.destroy();
  }

  #gone(): void {
    if (this.#closed) return;
    this.#closed = true;
    clearTimeout(this.#deadline);
    this.#socket.destroy();
    this.#events.onClose();
  }
}
