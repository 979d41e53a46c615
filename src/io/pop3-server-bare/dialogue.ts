import { setTimeout as pause } from 'node:timers/promises';
import { type Command, parseCommand, parsePlain } from './command.ts';
import type { Pop3Limits } from './limits.ts';
import { type Line, LineReader } from './line-reader.ts';
import type { Pop3Event, Pop3Login, Pop3Maildrop, Pop3ServerOptions, Pop3Session } from './options.ts';
import { ReplyWriter } from './reply-writer.ts';
import { Transaction } from './transaction.ts';
import type { Transport } from './transport.ts';

const TLS_FIRST =
  'Cannot log in without encryption: use STLS first, or the TLS port 995; the password would cross the network readable (RFC 8314)';

function isUsableUid(uid: string): boolean {
  return /^[!-~]{1,70}$/.test(uid);
}

/** One client's session from the greeting to the end (RFC 1939), fed with what the connection receives. */
export class Dialogue<User> {
  readonly #options: Pop3ServerOptions<User>;
  readonly #limits: Pop3Limits;
  readonly #session: Pop3Session;
  readonly #transport: Transport;
  readonly #reply: ReplyWriter;
  readonly #lines: LineReader;
  #transaction: Transaction | undefined;
  #username: string | undefined;
  #awaitsPlain = false;
  #badCommands = 0;
  #failedLogins = 0;
  #busy = false;
  #hasNews = false;
  #stopping = false;
  #over = false;

  constructor(
    options: Pop3ServerOptions<User>,
    limits: Pop3Limits,
    session: Pop3Session,
    transport: Transport,
  ) {
    this.#options = options;
    this.#limits = limits;
    this.#session = session;
    this.#transport = transport;
    this.#reply = new ReplyWriter(transport, () => this.#over);
    this.#lines = new LineReader(limits.lineLength);
  }

  /** Greets, or sends the refusal of the caller and ends. */
  async start(): Promise<void> {
    await this.#whileBusy(async () => {
      try {
        await this.#options.onConnect?.(this.#session);
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        this.#tell({ kind: 'refused', session: this.#session, reason });
        await this.#reply.refuse(reason, 'SYS/TEMP');
        this.#end();
        return;
      }
      await this.#reply.ok(this.#options.banner ?? 'POP3 server ready');
      await this.#obeyLines();
    });
  }

  receive(chunk: Uint8Array): void {
    if (this.#over) return;
    this.#lines.push(chunk);
    this.#hasNews = true;
    if (!this.#busy) void this.#whileBusy(() => this.#obeyLines());
  }

  /** TLS is up after STLS: what was said before counts for nothing (RFC 2595 §4). */
  secured(): void {
    this.#session.secure = true;
    this.#username = undefined;
    this.#awaitsPlain = false;
  }

  /** The connection is no more. Nothing is deleted unless QUIT was received (RFC 1939 §6). */
  gone(): void {
    this.#over = true;
    if (!this.#busy) this.#release();
  }

  /** Ends the session as soon as no command is under way; nothing is deleted. */
  stop(): void {
    this.#stopping = true;
    if (!this.#busy && !this.#over) this.#end();
  }

  async #whileBusy(act: () => Promise<void>): Promise<void> {
    this.#busy = true;
    this.#transport.pause();
    try {
      await act();
      // A chunk may come between the last look for a line and here: a stream hands out several in one turn.
      while (this.#hasNews && !this.#over) await this.#obeyLines();
    } catch (error) {
      this.#fail(error);
      this.#end();
    }
    this.#busy = false;
    if (this.#stopping && !this.#over) this.#end();
    if (this.#over) this.#release();
    else this.#transport.resume();
  }

  async #obeyLines(): Promise<void> {
    this.#hasNews = false;
    for (let line = this.#lines.next(); line !== undefined; line = this.#lines.next()) {
      if (this.#over || this.#stopping) return;
      // The deadline of the login runs on while it is tried; that of a quiet client is for whole commands only.
      if (this.#transaction !== undefined) this.#transport.setDeadline(undefined);
      await this.#obey(line);
      if (this.#transaction !== undefined && !this.#over) this.#transport.setDeadline(this.#limits.idleTime);
    }
  }

  async #obey(line: Line): Promise<void> {
    const refusal = await this.#execute(line);
    if (refusal === undefined) return;
    this.#badCommands++;
    if (this.#badCommands < this.#limits.badCommands) return this.#reply.refuse(refusal);
    await this.#reply.refuse('Too many bad commands');
    this.#end();
  }

  async #execute(line: Line): Promise<string | undefined> {
    const awaitedPlain = this.#awaitsPlain;
    this.#awaitsPlain = false;
    if (line.kind === 'too-long') return `Command line too long: at most ${this.#limits.lineLength} octets`;
    if (awaitedPlain) return this.#plain(Buffer.from(line.bytes).toString('latin1'));
    const command = parseCommand(line.bytes);
    if (command === undefined) return 'Cannot read the command';
    if (command.verb === 'CAPA') return this.#capabilities();
    if (command.verb === 'QUIT') return this.#quit();
    return this.#transaction === undefined ? this.#authorization(command) : this.#transaction.obey(command);
  }

  async #authorization(command: Command): Promise<string | undefined> {
    switch (command.verb) {
      case 'USER':
        return this.#user(command.rest);
      case 'PASS':
        return this.#pass(command.rest);
      case 'AUTH':
        return this.#auth(command.rest);
      case 'STLS':
        return this.#startTls();
      default:
        return `Cannot obey ${command.verb} here: there is no such command before the login`;
    }
  }

  get #offersLogin(): boolean {
    return this.#session.secure || this.#options.allowInsecureAuth === true;
  }

  get #offersTls(): boolean {
    return !this.#session.secure && this.#options.key !== undefined && this.#options.cert !== undefined;
  }

  async #capabilities(): Promise<undefined> {
    const before = this.#transaction === undefined;
    await this.#reply.list('Capability list follows', [
      ...(before && this.#offersTls ? ['STLS'] : []),
      ...(before && this.#offersLogin ? ['USER', 'SASL PLAIN'] : []),
      'TOP',
      'UIDL',
      'RESP-CODES',
      'AUTH-RESP-CODE',
      'PIPELINING',
    ]);
  }

  async #user(name: string): Promise<string | undefined> {
    if (!this.#offersLogin) return TLS_FIRST;
    if (name === '') return 'Usage: USER name';
    this.#username = name;
    // The same answer for every name, so that nobody learns which exist.
    await this.#reply.ok('Send the password');
    return undefined;
  }

  async #pass(password: string): Promise<string | undefined> {
    if (!this.#offersLogin) return TLS_FIRST;
    const username = this.#username;
    this.#username = undefined;
    if (username === undefined) return 'USER must come first';
    await this.#login({ method: 'USER', username, password });
    return undefined;
  }

  async #auth(rest: string): Promise<string | undefined> {
    const [mechanism, initial, ...others] = rest.split(' ');
    if (mechanism?.toUpperCase() !== 'PLAIN' || others.length > 0) return 'Usage: AUTH PLAIN [response]';
    if (!this.#offersLogin) return TLS_FIRST;
    if (initial !== undefined) return this.#plain(initial);
    this.#awaitsPlain = true;
    await this.#reply.proceed();
    return undefined;
  }

  async #plain(response: string): Promise<string | undefined> {
    if (response === '*') return 'Login abandoned';
    const login = parsePlain(response);
    if (login === undefined) return 'Cannot read the response to AUTH PLAIN';
    await this.#login({ method: 'PLAIN', ...login });
    return undefined;
  }

  async #startTls(): Promise<string | undefined> {
    if (!this.#offersTls) return 'Cannot start TLS: it is running already or not set up';
    await this.#reply.ok('Begin TLS negotiation');
    // Plaintext a man in the middle put behind STLS must not be taken for the client's first commands inside TLS.
    this.#lines.clear();
    this.#transport.startTls();
    return undefined;
  }

  async #login(login: Pop3Login): Promise<void> {
    const { username } = login;
    try {
      const user = await this.#options.onAuth(login, this.#session);
      if (user === undefined) return await this.#loginFailed(username);
      const maildrop = await this.#options.onOpen(user, this.#session);
      if (maildrop === undefined) {
        return await this.#reply.refuse('Another session has this mailbox open', 'IN-USE');
      }
      if (this.#over || this.#stopping) return maildrop.close();
      return await this.#open(maildrop, username);
    } catch (error) {
      this.#fail(error);
      return await this.#reply.refuse('The mailbox cannot be opened now, try again later', 'SYS/TEMP');
    }
  }

  async #open(maildrop: Pop3Maildrop, username: string): Promise<void> {
    if (!maildrop.messages.every((message) => isUsableUid(message.uid))) {
      maildrop.close();
      this.#fail(
        new Error('Cannot offer a maildrop: a UID is not 1 to 70 printable characters (RFC 1939 §7)'),
      );
      return this.#reply.refuse('The mailbox is damaged', 'SYS/PERM');
    }
    this.#transaction = new Transaction(maildrop, this.#reply, (error) => this.#fail(error));
    this.#tell({ kind: 'login', session: this.#session, username });
    return this.#reply.ok(`Maildrop has ${this.#transaction.summary()}`);
  }

  async #loginFailed(username: string): Promise<void> {
    this.#failedLogins++;
    this.#tell({ kind: 'login-failed', session: this.#session, username });
    await pause(this.#limits.failedLoginDelay);
    await this.#reply.refuse('Name and password do not fit', 'AUTH');
    if (this.#failedLogins >= this.#limits.failedLogins) this.#end();
  }

  async #quit(): Promise<undefined> {
    const transaction = this.#transaction;
    if (transaction === undefined) {
      await this.#reply.ok('Bye');
      return this.#end();
    }
    let removed: number | undefined;
    try {
      removed = await transaction.commit();
    } catch (error) {
      this.#fail(error);
    }
    // Closed before the reply, so that a client that comes back at once is not told [IN-USE].
    this.#release();
    if (removed === undefined) await this.#reply.refuse('Deleted messages were not removed', 'SYS/TEMP');
    else {
      this.#tell({ kind: 'quit', session: this.#session, removed });
      await this.#reply.ok('Bye');
    }
    return this.#end();
  }

  #release(): void {
    const transaction = this.#transaction;
    this.#transaction = undefined;
    transaction?.close();
  }

  #end(): undefined {
    this.#over = true;
    this.#transport.end();
    if (!this.#busy) this.#release();
    return undefined;
  }

  #fail(error: unknown): void {
    const cause = error instanceof Error ? error : new Error(String(error));
    this.#tell({ kind: 'error', session: this.#session, error: cause });
  }

  #tell(event: Pop3Event): void {
    this.#options.onEvent?.(event);
  }
}
