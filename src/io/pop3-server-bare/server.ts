import { type AddressInfo, type Server, type Socket, createServer } from 'node:net';
import { performance } from 'node:perf_hooks';
import { type SecureContext, createSecureContext } from 'node:tls';
import { clientOf } from './address-block.ts';
import { Connection, sessionOf } from './connection.ts';
import type { ServerContext } from './context.ts';
import { Dialogue } from './dialogue.ts';
import { HeldOctets } from './held-octets.ts';
import { allLanguages } from './language.ts';
import { DEFAULT_POP3_LIMITS } from './limits.ts';
import { LoginGuard } from './login-guard.ts';
import type { Pop3ServerOptions, Pop3Session, Pop3User } from './options.ts';
import { UserSessions } from './user-sessions.ts';

export interface Pop3ListenOptions {
  readonly host: string;
  /** 0: the kernel chooses. */
  readonly port: number;
  /** TLS from the first octet (port 995). Otherwise STLS is offered (port 110). */
  readonly secure?: boolean;
  /** Whose connections are taken; others are told so and closed, before any TLS. */
  readonly mayConnect?: (address: string) => boolean;
}

interface Client {
  readonly session: Pop3Session;
  readonly connection: Connection;
  stop(): void;
}

/** Why a connection is not taken. */
interface Refusal {
  readonly reason: string;
  readonly code: 'SYS/TEMP' | 'SYS/PERM';
}

const NOT_OPEN: Refusal = { reason: 'Not open to your address', code: 'SYS/PERM' };
const TOO_MANY: Refusal = { reason: 'Too many connections, try again later', code: 'SYS/TEMP' };
const TOO_MANY_OF_YOURS: Refusal = {
  reason: 'Too many connections from your address, try again later',
  code: 'SYS/TEMP',
};

/** Monotonic milliseconds. */
const now = (): number => performance.now();

function contextOf<User extends Pop3User>(options: Pop3ServerOptions<User>): ServerContext<User> {
  const limits = { ...DEFAULT_POP3_LIMITS, ...options.limits };
  const isTrusted = options.isTrusted ?? ((): boolean => false);
  return {
    options,
    limits,
    languages: allLanguages(options.languages),
    guard: options.loginGuard ?? new LoginGuard({ limits, isTrusted, now }),
    users: new UserSessions({ limits, exclusive: options.exclusive ?? true, now }),
    held: new HeldOctets(limits.heldOctets),
  };
}

/** A POP3 server: the protocol and the connections. Who the users are and what their mail is, the options say. */
export class Pop3Server<User extends Pop3User> {
  readonly #context: ServerContext<User>;
  readonly #listeners = new Set<Server>();
  readonly #clients = new Set<Client>();
  #secureContext: SecureContext | undefined;

  constructor(options: Pop3ServerOptions<User>) {
    if (options.banner?.includes('<') === true)
      throw new TypeError(`Cannot greet with "${options.banner}": "<" would announce APOP`);
    this.#context = contextOf(options);
    if (options.key !== undefined && options.cert !== undefined)
      this.updateCertificate(options.key, options.cert);
  }

  /** For new connections; those that are up keep theirs. @throws if the key or the certificate cannot be used */
  updateCertificate(
    key: NonNullable<Pop3ServerOptions<User>['key']>,
    cert: NonNullable<Pop3ServerOptions<User>['cert']>,
  ): void {
    this.#secureContext = createSecureContext({
      key,
      cert,
      minVersion: this.#context.options.minVersion ?? 'TLSv1.2',
    });
  }

  get connections(): number {
    return this.#clients.size;
  }

  /**
   * Resolves when it listens, with the port the kernel chose if none was named. May be called for several addresses and ports: limits and locks
   * hold over all of them.
   */
  listen(options: Pop3ListenOptions): Promise<AddressInfo> {
    const { host, port } = options;
    if (options.secure === true && this.#secureContext === undefined)
      throw new TypeError('Cannot listen with TLS: key and cert are wanted');
    const server = createServer((socket) => this.#accept(socket, options));
    return new Promise((resolve, reject) => {
      server.once('error', reject);
      server.listen({ host, port }, () => {
        server.off('error', reject);
        // What goes wrong while accepting (EMFILE) must not end the process; the listener itself goes on.
        server.on('error', () => {});
        this.#listeners.add(server);
        // Null only for a server that does not listen, a string only for a Unix socket.
        const address = server.address();
        if (address !== null && typeof address === 'object') resolve(address);
        else reject(new Error('Cannot tell the address of the POP3 server: it is not a TCP port'));
      });
    });
  }

  /** Ends every session as soon as its command under way is done, without deleting anything. */
  async close(): Promise<void> {
    const closed = [...this.#listeners].map(
      (server) => new Promise<void>((resolve) => server.close(() => resolve())),
    );
    this.#listeners.clear();
    for (const client of this.#clients) client.stop();
    const cut = setTimeout(() => {
      for (const client of this.#clients) client.connection.destroy();
    }, this.#context.limits.closeTime);
    await Promise.all(closed);
    clearTimeout(cut);
  }

  #accept(socket: Socket, { secure = false, mayConnect }: Pop3ListenOptions): void {
    const { options, limits } = this.#context;
    const session = sessionOf(socket);
    const { remoteAddress } = session;
    const isWelcome = mayConnect?.(remoteAddress) ?? true;
    const refusal = isWelcome ? this.#refusal(remoteAddress) : NOT_OPEN;
    if (refusal !== undefined) {
      this.#refuse(socket, session, { ...refusal, secure });
      return;
    }
    const connection = new Connection(socket, () => this.#secureContext, limits.idleTime, {
      onData: (chunk) => dialogue.receive(chunk),
      onSecure: () => {
        dialogue.secured();
        options.onEvent?.({ kind: 'secure', session });
        if (secure) void dialogue.start();
      },
      onError: (error) => options.onEvent?.({ kind: 'broken', session, error }),
      onClose: () => {
        this.#clients.delete(client);
        dialogue.gone();
        options.onEvent?.({ kind: 'close', session });
      },
    });
    const dialogue = new Dialogue(this.#context, session, connection);
    const client: Client = { session, connection, stop: () => dialogue.stop() };
    this.#clients.add(client);
    options.onEvent?.({ kind: 'connect', session });
    connection.setDeadline(limits.loginTime);
    if (secure) connection.startTls();
    else void dialogue.start();
  }

  #refusal(address: string): Refusal | undefined {
    const { connections, connectionsPerAddress } = this.#context.limits;
    if (this.#clients.size >= connections) return TOO_MANY;
    const from = clientOf(address);
    let same = 0;
    for (const { session } of this.#clients) if (clientOf(session.remoteAddress) === from) same++;
    return same >= connectionsPerAddress ? TOO_MANY_OF_YOURS : undefined;
  }

  #refuse(
    socket: Socket,
    session: Pop3Session,
    { reason, code, secure }: Refusal & { readonly secure: boolean },
  ): void {
    this.#context.options.onEvent?.({ kind: 'refused', session, reason });
    socket.on('error', () => socket.destroy());
    // Nothing readable can be said to a client that expects TLS; and a refused one may not hold a descriptor either.
    if (!secure && socket.writable) socket.write(`-ERR [${code}] ${reason}\r\n`);
    socket.destroySoon();
  }
}
