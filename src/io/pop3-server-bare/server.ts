import { type AddressInfo, type ListenOptions, type Server, type Socket, createServer } from 'node:net';
import { type SecureContext, createSecureContext } from 'node:tls';
import { Connection, sessionOf } from './connection.ts';
import { Dialogue } from './dialogue.ts';
import { DEFAULT_POP3_LIMITS, type Pop3Limits } from './limits.ts';
import type { Pop3ServerOptions, Pop3Session } from './options.ts';

interface Client {
  readonly session: Pop3Session;
  readonly connection: Connection;
  stop(): void;
}

/** A POP3 server: the protocol and the connections. Who the users are and what their mail is, the options say. */
export class Pop3Server<User> {
  readonly #options: Pop3ServerOptions<User>;
  readonly #limits: Pop3Limits;
  readonly #server: Server;
  readonly #clients = new Set<Client>();
  #secureContext: SecureContext | undefined;

  constructor(options: Pop3ServerOptions<User>) {
    if (options.secure === true && (options.key === undefined || options.cert === undefined))
      throw new TypeError('Cannot make a POP3 server with TLS: key and cert are wanted');
    if (options.banner?.includes('<') === true)
      throw new TypeError(`Cannot greet with "${options.banner}": "<" would announce APOP`);
    this.#options = options;
    this.#limits = { ...DEFAULT_POP3_LIMITS, ...options.limits };
    if (options.key !== undefined && options.cert !== undefined)
      this.updateCertificate(options.key, options.cert);
    this.#server = createServer((socket) => this.#accept(socket));
  }

  /** For new connections; those that are up keep theirs. @throws if the key or the certificate cannot be used */
  updateCertificate(
    key: NonNullable<Pop3ServerOptions<User>['key']>,
    cert: NonNullable<Pop3ServerOptions<User>['cert']>,
  ): void {
    this.#secureContext = createSecureContext({
      key,
      cert,
      minVersion: this.#options.minVersion ?? 'TLSv1.2',
    });
  }

  get connections(): number {
    return this.#clients.size;
  }

  /** Resolves when it listens, with the port the kernel chose if none was named. */
  listen(where: ListenOptions): Promise<AddressInfo> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(where, () => {
        this.#server.off('error', reject);
        // What goes wrong while accepting (EMFILE) must not end the process; the listener itself goes on.
        this.#server.on('error', () => {});
        // Null only for a server that does not listen, a string only for a Unix socket.
        const address = this.#server.address();
        if (address !== null && typeof address === 'object') resolve(address);
        else reject(new Error('Cannot tell the address of the POP3 server: it is not a TCP port'));
      });
    });
  }

  /** Ends every session as soon as its command under way is done, without deleting anything. */
  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    for (const client of this.#clients) client.stop();
    const cut = setTimeout(() => {
      for (const client of this.#clients) client.connection.destroy();
    }, this.#limits.closeTime);
    await closed;
    clearTimeout(cut);
  }

  #accept(socket: Socket): void {
    const session = sessionOf(socket);
    const reason = this.#refusal(session.remoteAddress);
    if (reason !== undefined) {
      this.#refuse(socket, session, reason);
      return;
    }
    const connection = new Connection(socket, () => this.#secureContext, this.#limits.idleTime, {
      onData: (chunk) => dialogue.receive(chunk),
      onSecure: () => {
        dialogue.secured();
        this.#options.onEvent?.({ kind: 'secure', session });
        if (this.#options.secure === true) void dialogue.start();
      },
      onError: (error) => this.#options.onEvent?.({ kind: 'broken', session, error }),
      onClose: () => {
        this.#clients.delete(client);
        dialogue.gone();
        this.#options.onEvent?.({ kind: 'close', session });
      },
    });
    const dialogue = new Dialogue(this.#options, this.#limits, session, connection);
    const client: Client = { session, connection, stop: () => dialogue.stop() };
    this.#clients.add(client);
    this.#options.onEvent?.({ kind: 'connect', session });
    connection.setDeadline(this.#limits.loginTime);
    if (this.#options.secure === true) connection.startTls();
    else void dialogue.start();
  }

  #refusal(address: string): string | undefined {
    if (this.#clients.size >= this.#limits.connections) return 'Too many connections, try again later';
    let same = 0;
    for (const client of this.#clients) if (client.session.remoteAddress === address) same++;
    return same >= this.#limits.connectionsPerAddress
      ? 'Too many connections from your address, try again later'
      : undefined;
  }

  #refuse(socket: Socket, session: Pop3Session, reason: string): void {
    this.#options.onEvent?.({ kind: 'refused', session, reason });
    socket.on('error', () => socket.destroy());
    // Nothing readable can be said to a client that expects TLS; and a refused one may not hold a descriptor either.
    if (this.#options.secure !== true && socket.writable) socket.write(`-ERR [SYS/TEMP] ${reason}\r\n`);
    socket.destroySoon();
  }
}
