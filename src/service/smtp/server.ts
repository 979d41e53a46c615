// oxlint-disable no-underscore-dangle -- the base class spells its parts so
import type { Socket } from 'node:net';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';
import { plainAddress } from '../../base/address-block.ts';
import { Seconds } from '../../base/duration.ts';
import { type Instant, after } from '../../base/instant.ts';
import { type SmtpReply, replyText } from '../../wire/smtp/reply.ts';
import type { Admission } from './admission.ts';
import { Connection, type ConnectionOptions } from './connection.ts';

export interface ServerOptions extends ConnectionOptions {
  readonly admission: Admission;
}

/** For a refused client to read why. */
const REFUSAL_LINGER = Seconds(1);

/**
 * smtp-server with {@link Connection} as its connections, and with a door: its own bounds begin only after TLS is set up and the first 100 ms are over.
 * Leans on the undocumented `_acceptSocket` and `_pendingSockets`; a test fails when they move.
 */
export class Server extends SMTPServer {
  readonly #options: ServerOptions;
  readonly #leaves = new WeakMap<Socket, () => void>();

  constructor(settings: SMTPServerOptions, options: ServerOptions) {
    super(settings);
    this.#options = options;
  }

  /** As in the base class but for the class of the connection. */
  override connect(socket: Socket, socketOptions?: Parameters<SMTPServer['connect']>[1]): void {
    // The local end is asked for where it matters: it would cost each connection a system call.
    const library = { ...socketOptions, localAddress: '-', localPort: 1 };
    const connection = new Connection(this, socket, { ...this.#options, library });
    // STARTTLS takes all listeners off the socket.
    connection.onGone = this.#leaves.get(socket);
    this.connections.add(connection);
    connection.on('error', (error: Error) => void this.emit('error', error));
    connection.on('connect', (info) => void this.emit('connect', info));
    connection.init();
  }

  override _acceptSocket(socket: Socket, handshake: boolean): (() => void) | false {
    const { admission, clock, limits } = this.#options;
    // Undefined if the client is gone already.
    const address = plainAddress(socket.remoteAddress ?? '');
    const refusal = admission.enter(address, () => this.#makeRoom());
    if (refusal !== undefined) {
      refuse(socket, refusal, handshake);
      return false;
    }
    const leave = onlyOnce(() => admission.leave(address));
    this.#leaves.set(socket, leave);
    socket.once('close', leave);
    const release = super._acceptSocket(socket, handshake);
    if (release === false || !handshake) return release;
    const late = clock.wake(after(clock.now(), limits.handshakeTime), () => {
      // The topmost socket: TLS must not lose the one below it while it is being set up.
      this._pendingSockets.get(socket)?.destroy();
    });
    return () => {
      late.cancel();
      release();
    };
  }

  /** Stops listening and resolves when every connection is gone. */
  stop(): Promise<void> {
    return new Promise((resolve) => {
      this.close(() => resolve());
      for (const connection of this.connections) if (connection instanceof Connection) connection.stop();
    });
  }

  /** Ends the connection of the stranger who has been silent for longest, if that is long enough. */
  #makeRoom(): boolean {
    const { isLan } = this.#options;
    let found: Connection | undefined;
    let since: Instant | undefined;
    for (const connection of this.connections) {
      if (!(connection instanceof Connection) || isLan(connection.remoteAddress)) continue;
      const silent = connection.silentSince;
      if (silent === undefined || (since !== undefined && silent >= since)) continue;
      [found, since] = [connection, silent];
    }
    const { clock, limits } = this.#options;
    if (found === undefined || since === undefined) return false;
    if (clock.now() < after(since, limits.crowdedIdleTime)) return false;
    found.giveWay();
    return true;
  }
}

function onlyOnce(action: () => void): () => void {
  let isDone = false;
  return () => {
    if (!isDone) action();
    isDone = true;
  };
}

function refuse(socket: Socket, reply: SmtpReply, isTls: boolean): void {
  socket.on('error', () => {});
  if (isTls) {
    socket.destroy();
    return;
  }
  // What the client says is read and dropped: closing over unread bytes resets the connection, and with it the reply.
  socket.resume();
  socket.end(`${reply.code} ${replyText(reply)}\r\n`);
  setTimeout(() => socket.destroy(), REFUSAL_LINGER).unref();
}
