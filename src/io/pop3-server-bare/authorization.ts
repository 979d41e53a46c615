import { setTimeout as pause } from 'node:timers/promises';
import { type Command, parsePlain } from './command.ts';
import type { ServerContext } from './context.ts';
import { Pop3Failure } from './failure.ts';
import type { Pop3Event, Pop3Login, Pop3Maildrop, Pop3Session, Pop3User } from './options.ts';
import type { ReplyWriter } from './reply-writer.ts';
import type { Pop3Texts } from './texts.ts';
import type { Refusal, SessionMode } from './transaction.ts';

/** A maildrop that was opened, with the user's session counted in. */
export interface Opened<User> {
  readonly user: User;
  readonly username: string;
  readonly maildrop: Pop3Maildrop;
  /** Gives both back. */
  close(): void;
}

export interface AuthorizationPorts<User extends Pop3User> {
  readonly context: ServerContext<User>;
  readonly session: Pop3Session;
  readonly reply: ReplyWriter;
  readonly mode: SessionMode;
  /** Aborted when the connection is no more. */
  readonly gone: AbortSignal;
  readonly startTls: () => void;
  /** Takes the maildrop over, and answers. */
  readonly onOpened: (opened: Opened<User>) => Promise<void>;
  readonly onEvent: (event: Pop3Event) => void;
  readonly end: () => void;
}

/** The AUTHORIZATION state of a session (RFC 1939 §4): TLS and the login. */
export class Authorization<User extends Pop3User> {
  readonly #ports: AuthorizationPorts<User>;
  #username: string | undefined;
  #awaitsPlain = false;
  #failedLogins = 0;

  constructor(ports: AuthorizationPorts<User>) {
    this.#ports = ports;
  }

  get offersLogin(): boolean {
    return this.#ports.session.secure || this.#ports.context.options.allowInsecureAuth === true;
  }

  get offersTls(): boolean {
    const { key, cert } = this.#ports.context.options;
    return !this.#ports.session.secure && key !== undefined && cert !== undefined;
  }

  /** Whether the next line is the rest of an AUTH exchange. Asking forgets it: it is one line. */
  takesResponse(): boolean {
    const awaited = this.#awaitsPlain;
    this.#awaitsPlain = false;
    return awaited;
  }

  /** TLS is up after STLS: what was said before counts for nothing (RFC 2595 §4). */
  secured(): void {
    this.#username = undefined;
    this.#awaitsPlain = false;
    this.#ports.mode.utf8 = false;
  }

  async obey(command: Command): Promise<Refusal> {
    switch (command.verb) {
      case 'USER':
        return this.#user(command.rest);
      case 'PASS':
        return this.#pass(command.rest);
      case 'AUTH':
        return this.#auth(command.rest);
      case 'STLS':
        return this.#stls(command.rest);
      case 'UTF8':
        return this.#utf8(command.rest);
      default:
        return this.#texts.notBeforeLogin(command.verb);
    }
  }

  /** The line behind the `+` of AUTH PLAIN (RFC 5034 §4). */
  async respond(response: string): Promise<Refusal> {
    if (response === '*') return this.#texts.loginAbandoned;
    const login = parsePlain(response);
    if (login === undefined) return this.#texts.unreadableResponse;
    await this.#login({ method: 'PLAIN', ...login });
    return undefined;
  }

  get #texts(): Pop3Texts {
    return this.#ports.mode.texts;
  }

  async #user(name: string): Promise<Refusal> {
    if (!this.offersLogin) return this.#texts.tlsFirst;
    if (name === '') return this.#texts.usage('USER name');
    this.#username = name;
    // The same answer for every name, so that nobody learns which exist.
    await this.#ports.reply.ok(this.#texts.sendPassword);
    return undefined;
  }

  async #pass(password: string): Promise<Refusal> {
    if (!this.offersLogin) return this.#texts.tlsFirst;
    const username = this.#username;
    this.#username = undefined;
    if (username === undefined) return this.#texts.userFirst;
    await this.#login({ method: 'USER', username, password });
    return undefined;
  }

  async #auth(rest: string): Promise<Refusal> {
    const [mechanism, initial, ...others] = rest.split(' ');
    const { reply } = this.#ports;
    // In no RFC, but older mail programs ask like this what they may use.
    if (rest === '') {
      await reply.list(this.#texts.mechanismList, this.offersLogin ? ['PLAIN'] : []);
      return undefined;
    }
    if (mechanism?.toUpperCase() !== 'PLAIN' || others.length > 0)
      return this.#texts.usage('AUTH PLAIN [response]');
    if (!this.offersLogin) return this.#texts.tlsFirst;
    if (initial !== undefined) return this.respond(initial);
    this.#awaitsPlain = true;
    await reply.proceed();
    return undefined;
  }

  async #stls(rest: string): Promise<Refusal> {
    if (rest !== '') return this.#texts.usage('STLS');
    if (!this.offersTls) return this.#texts.noTls;
    // RFC 6856 §2.1: nothing said in plaintext may have an effect afterwards.
    if (this.#ports.mode.utf8) return this.#texts.noTlsAfterUtf8;
    await this.#ports.reply.ok(this.#texts.beginTls);
    this.#ports.startTls();
    return undefined;
  }

  async #utf8(rest: string): Promise<Refusal> {
    if (rest !== '') return this.#texts.usage('UTF8');
    this.#ports.mode.utf8 = true;
    await this.#ports.reply.ok(this.#texts.utf8On);
    return undefined;
  }

  async #login(login: Pop3Login): Promise<void> {
    const { context, session, reply } = this.#ports;
    const { options, guard } = context;
    try {
      if (!guard.admits(session.remoteAddress)) return await this.#loginRefused(login.username);
      const user = await options.onAuth(login, session);
      if (user === undefined) return await this.#loginFailed(login);
      guard.succeeded(session.remoteAddress);
      return await this.#enter(user, login.username);
    } catch (error) {
      this.#fail(error);
      if (error instanceof Pop3Failure) return await reply.refuse(error.message, error.code);
      return await reply.refuse(this.#texts.cannotOpen, 'SYS/TEMP');
    }
  }

  async #enter(user: User, username: string): Promise<void> {
    const { context, reply, gone } = this.#ports;
    const seconds = user.loginDelay ?? context.options.loginDelay?.seconds ?? 0;
    const entered = await context.users.enter(user.name, seconds * 1000, gone);
    if (entered === 'in-use') return reply.refuse(this.#texts.inUse, 'IN-USE');
    if (entered !== 'entered')
      return reply.refuse(this.#texts.tooSoon(Math.ceil(entered / 1000)), 'LOGIN-DELAY');
    let isOpen = false;
    try {
      isOpen = await this.#open(user, username);
    } finally {
      if (!isOpen) context.users.leave(user.name);
    }
  }

  /** @returns whether the session goes on with the maildrop, and gives both back at its end */
  async #open(user: User, username: string): Promise<boolean> {
    const { context, session, reply, onOpened, gone } = this.#ports;
    const maildrop = await context.options.onOpen(user, session);
    if (maildrop === undefined) {
      await reply.refuse(this.#texts.inUse, 'IN-USE');
      return false;
    }
    if (gone.aborted) {
      maildrop.close();
      return false;
    }
    const close = (): void => {
      context.users.leave(user.name);
      maildrop.close();
    };
    await onOpened({ user, username, maildrop, close });
    return true;
  }

  async #loginRefused(username: string): Promise<void> {
    const { session, reply, onEvent } = this.#ports;
    onEvent({ kind: 'login-refused', session, username });
    await reply.refuse(this.#texts.tooManyFailures, 'SYS/TEMP');
    this.#countFailure();
  }

  async #loginFailed(login: Pop3Login): Promise<void> {
    const { context, session, reply, onEvent, gone } = this.#ports;
    onEvent({ kind: 'login-failed', session, username: login.username });
    // Whoever hangs up does not wait, and need not be waited for: what failed is counted.
    const time = context.guard.failed(session.remoteAddress, login);
    await pause(time, undefined, { signal: gone }).catch(() => {});
    await reply.refuse(this.#texts.wrongLogin, 'AUTH');
    this.#countFailure();
  }

  #countFailure(): void {
    this.#failedLogins++;
    if (this.#failedLogins >= this.#ports.context.limits.failedLogins) this.#ports.end();
  }

  #fail(error: unknown): void {
    const cause = error instanceof Error ? error : new Error(String(error));
    this.#ports.onEvent({ kind: 'error', session: this.#ports.session, error: cause });
  }
}
