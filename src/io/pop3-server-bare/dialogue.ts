import { Authorization, type Opened } from './authorization.ts';
import { capabilities } from './capabilities.ts';
import { type Command, parseCommand } from './command.ts';
import type { ServerContext } from './context.ts';
import { findLanguage } from './language.ts';
import { type Line, LineReader } from './line-reader.ts';
import type { Pop3Event, Pop3Session, Pop3User } from './options.ts';
import { ReplyWriter } from './reply-writer.ts';
import { ENGLISH, type Pop3Texts } from './texts.ts';
import { type Refusal, type SessionMode, Transaction } from './transaction.ts';
import type { Transport } from './transport.ts';

/** One client's session from the greeting to the end (RFC 1939), fed with what the connection receives. */
export class Dialogue<User extends Pop3User> {
  readonly #context: ServerContext<User>;
  readonly #session: Pop3Session;
  readonly #transport: Transport;
  readonly #reply: ReplyWriter;
  readonly #lines: LineReader;
  readonly #mode: SessionMode = { utf8: false, texts: ENGLISH };
  readonly #authorization: Authorization<User>;
  readonly #gone = new AbortController();
  #opened: Opened<User> | undefined;
  #transaction: Transaction | undefined;
  #badCommands = 0;
  #busy = false;
  #paused = false;
  #hasNews = false;
  #stopping = false;
  #over = false;

  constructor(context: ServerContext<User>, session: Pop3Session, transport: Transport) {
    this.#context = context;
    this.#session = session;
    this.#transport = transport;
    this.#reply = new ReplyWriter(transport, {
      isOver: () => this.#over,
      // Before the login a reply may be the last one of this connection as it is: TLS begins behind it.
      isMoreComing: () => this.#transaction !== undefined && this.#lines.hasLine,
    });
    this.#lines = new LineReader(context.limits.lineLength);
    this.#authorization = new Authorization({
      context,
      session,
      reply: this.#reply,
      mode: this.#mode,
      gone: this.#gone.signal,
      startTls: () => this.#startTls(),
      onOpened: (opened) => this.#begin(opened),
      onEvent: (event) => this.#tell(event),
      end: () => this.#end(),
    });
  }

  /** Greets, or sends the refusal of the caller and ends. */
  async start(): Promise<void> {
    await this.#whileBusy(async () => {
      const { onConnect, banner } = this.#context.options;
      try {
        await onConnect?.(this.#session);
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        this.#tell({ kind: 'refused', session: this.#session, reason });
        await this.#reply.refuse(reason, 'SYS/TEMP');
        this.#end();
        return;
      }
      await this.#reply.ok(banner ?? this.#texts.ready);
      await this.#obeyLines();
    });
  }

  receive(chunk: Uint8Array): void {
    if (this.#over) return;
    this.#lines.push(chunk);
    this.#hasNews = true;
    if (!this.#busy) void this.#whileBusy(() => this.#obeyLines());
    if (this.#busy && !this.#paused && this.#lines.waiting > this.#context.limits.waitingInput) {
      this.#paused = true;
      this.#transport.pause();
    }
  }

  /** TLS is up. */
  secured(): void {
    this.#session.secure = true;
    this.#authorization.secured();
  }

  /** The connection is no more. Nothing is deleted unless QUIT was received (RFC 1939 §6). */
  gone(): void {
    this.#over = true;
    this.#gone.abort();
    if (!this.#busy) this.#release();
  }

  /** Ends the session as soon as no command is under way; nothing is deleted. */
  stop(): void {
    this.#stopping = true;
    if (!this.#busy && !this.#over) this.#end();
  }

  get #texts(): Pop3Texts {
    return this.#mode.texts;
  }

  async #whileBusy(act: () => Promise<void>): Promise<void> {
    this.#busy = true;
    try {
      await act();
      // What comes in while a command is obeyed only sets the flag; lines are taken in one place.
      while (this.#hasNews && !this.#over) await this.#obeyLines();
    } catch (error) {
      this.#fail(error);
      this.#end();
    }
    this.#busy = false;
    if (this.#stopping && !this.#over) this.#end();
    if (this.#over) this.#release();
    else if (this.#paused) {
      this.#paused = false;
      this.#transport.resume();
    }
  }

  async #obeyLines(): Promise<void> {
    this.#hasNews = false;
    for (let line = this.#lines.next(); line !== undefined; line = this.#lines.next()) {
      if (this.#over || this.#stopping) return;
      // The deadline of the login runs on while it is tried; that of a quiet client is for whole commands only.
      if (this.#transaction !== undefined) this.#transport.setDeadline(undefined);
      await this.#obey(line);
      if (this.#transaction !== undefined && !this.#over)
        this.#transport.setDeadline(this.#context.limits.idleTime);
    }
  }

  async #obey(line: Line): Promise<void> {
    const refusal = await this.#execute(line);
    if (refusal === undefined) return;
    this.#badCommands++;
    if (this.#badCommands < this.#context.limits.badCommands) {
      await this.#reply.refuse(refusal);
      return;
    }
    await this.#reply.refuse(this.#texts.tooManyBadCommands);
    this.#end();
  }

  #execute(line: Line): Promise<Refusal> | Refusal {
    const awaitsResponse = this.#authorization.takesResponse();
    if (line.kind === 'too-long') return this.#texts.lineTooLong(this.#context.limits.lineLength);
    if (awaitsResponse) return this.#authorization.respond(Buffer.from(line.bytes).toString('latin1'));
    const command = parseCommand(line.bytes);
    if (command === undefined) return this.#texts.unreadableCommand;
    if (command.verb === 'CAPA') return this.#capabilities();
    if (command.verb === 'LANG') return this.#language(command);
    if (command.verb === 'QUIT') return this.#quit();
    return this.#transaction === undefined
      ? this.#authorization.obey(command)
      : this.#transaction.obey(command);
  }

  async #capabilities(): Promise<undefined> {
    const { offersTls, offersLogin } = this.#authorization;
    const lines = capabilities(this.#context.options, { offersTls, offersLogin, user: this.#opened?.user });
    await this.#reply.list(this.#texts.capabilityList, lines);
  }

  /** RFC 6856 §3. The tag goes first in the answer, then a text in the language. */
  async #language({ rest }: Command): Promise<Refusal> {
    const { languages } = this.#context;
    if (rest === '') {
      const lines = languages.map(({ tag, name }) => `${tag} ${name}`);
      await this.#reply.list(this.#texts.languageList, lines);
      return undefined;
    }
    const language = findLanguage(languages, rest);
    if (language === undefined) return this.#texts.noSuchLanguage(rest);
    this.#mode.texts = language.texts;
    await this.#reply.ok(`${language.tag} ${language.texts.languageChosen}`);
    return undefined;
  }

  #startTls(): void {
    // Plaintext a man in the middle put behind STLS must not be taken for the client's first commands inside TLS.
    this.#lines.clear();
    this.#transport.startTls();
  }

  async #begin(opened: Opened<User>): Promise<void> {
    if (this.#stopping) {
      opened.close();
      return;
    }
    this.#opened = opened;
    this.#transaction = new Transaction({
      maildrop: opened.maildrop,
      reply: this.#reply,
      mode: this.#mode,
      held: this.#context.held,
      onError: (error) => this.#fail(error),
    });
    this.#tell({ kind: 'login', session: this.#session, username: opened.username });
    await this.#reply.ok(this.#texts.maildrop(this.#transaction.summary()));
  }

  async #quit(): Promise<undefined> {
    const removed = await this.#update();
    const wasOpen = this.#opened !== undefined;
    // Closed before the reply, so that a client that comes back at once is not told [IN-USE].
    this.#release();
    if (removed === undefined) await this.#reply.refuse(this.#texts.notRemoved, 'SYS/TEMP');
    else {
      if (wasOpen) this.#tell({ kind: 'quit', session: this.#session, removed });
      await this.#reply.ok(this.#texts.bye);
    }
    this.#end();
  }

  /** The UPDATE state (RFC 1939 §6). @returns how many messages were deleted; undefined if that failed */
  async #update(): Promise<number | undefined> {
    const outcome = this.#transaction?.outcome();
    if (this.#opened === undefined || outcome === undefined) return 0;
    const { deleted, retrieved } = outcome;
    if (deleted.length + retrieved.length === 0) return 0;
    try {
      await this.#opened.maildrop.update(outcome);
      return deleted.length;
    } catch (error) {
      this.#fail(error);
      // The client was promised nothing about what it only read.
      return deleted.length === 0 ? 0 : undefined;
    }
  }

  #release(): void {
    const opened = this.#opened;
    this.#opened = undefined;
    this.#transaction = undefined;
    opened?.close();
  }

  #end(): void {
    this.#over = true;
    this.#transport.end();
    if (!this.#busy) this.#release();
  }

  #fail(error: unknown): void {
    const cause = error instanceof Error ? error : new Error(String(error));
    this.#tell({ kind: 'error', session: this.#session, error: cause });
  }

  #tell(event: Pop3Event): void {
    this.#context.options.onEvent?.(event);
  }
}
