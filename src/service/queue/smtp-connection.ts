// oxlint-disable no-underscore-dangle -- the base class spells its parts so
import { Readable } from 'node:stream';
import SMTPConnection, { type SMTPConnectionOptions } from 'nodemailer/lib/smtp-connection';
import type { Duration } from '../../base/duration.ts';
import type { MailContent } from '../../port/mailbox.ts';
import type { SmtpClientLimits } from './smtp-limits.ts';

/** What the replies to a message were; texts as the host sent them. */
export interface SendReplies {
  /** To each recipient that was refused. */
  readonly refused: ReadonlyMap<string, string>;
  /** To the message; undefined if the connection broke. */
  readonly last: string | undefined;
  /** Whether the message itself was begun. */
  readonly hasData: boolean;
  /** Why it failed, if no reply says it. */
  readonly problem: string | undefined;
}

/** What the package's errors say, as far as it is of use. */
export interface Failure {
  readonly problem: string;
  readonly reply: string | undefined;
  readonly isTls: boolean;
}

interface PackageError extends Error {
  readonly code?: string | undefined;
  readonly response?: unknown;
  readonly recipient?: string | undefined;
}

/** Octets handed over at a time: a large message neither doubles in memory nor holds up everything else. */
const CHUNK = 2 ** 16;

function* chunksOf(message: Uint8Array): Generator<Uint8Array> {
  for (let at = 0; at < message.length; at += CHUNK) yield message.subarray(at, at + CHUNK);
}

/** What OpenSSL's errors say is followed by advice for those who develop with Node. */
const ADVICE = /; if the root CA is installed locally.*$/s;

function failureOf(error: PackageError, isUpgrading: boolean): Failure {
  return {
    problem: error.message.replace(ADVICE, ''),
    reply: typeof error.response === 'string' ? error.response : undefined,
    isTls: error.code === 'ETLS' || isUpgrading,
  };
}

/** Parameters the package has only for all recipients together, or not at all. */
export interface CommandParameters {
  readonly mail: readonly string[];
  readonly recipients: ReadonlyMap<string, readonly string[]>;
}

const NO_PARAMETERS: CommandParameters = { mail: [], recipients: new Map() };

/**
 * nodemailer's connection with what its options cannot say: parameters for single recipients (RFC 3461), and how long each
 * command may take. It leans on undocumented parts (`_sendCommand`, `_ehloLines`, `_envelope`, `_currentDataStream`): the version is pinned, and tests
 * against a scripted server fail when they move.
 */
export class Connection extends SMTPConnection {
  readonly #limits: SmtpClientLimits;
  #parameters = NO_PARAMETERS;
  #onFailure: ((failure: Failure) => void) | undefined;

  constructor(options: SMTPConnectionOptions, limits: SmtpClientLimits) {
    super({
      ...options,
      connectionTimeout: limits.connect + limits.greeting,
      greetingTimeout: limits.greeting,
      socketTimeout: limits.command,
      socketCloseTimeout: limits.close,
      maxResponseSize: limits.reply,
      logger: false,
    });
    this.#limits = limits;
    // An error that nobody waits for is that of a connection at rest: it is gone, and found gone when it is wanted.
    this.on('error', (error: PackageError) => this.#onFailure?.(this.#failureOf(error)));
  }

  /** The extensions it offers, in capitals, with what stands behind them; none of a host that knows only HELO. */
  get extensions(): ReadonlyMap<string, string> {
    const lines = (this as unknown as { readonly _ehloLines?: readonly string[] })._ehloLines ?? [];
    return new Map(
      lines.map((line) => {
        const [, keyword = '', rest = ''] = /^([A-Za-z0-9-]*)[ =]?(.*)$/s.exec(line) ?? [];
        return [keyword.toUpperCase(), rest];
      }),
    );
  }

  /** The package closes without a word to whoever waits when it finds that the host hung up between two commands. */
  override close(): void {
    const isTls = this.upgrading === true;
    super.close();
    // Where it has something to say it says it now.
    queueMicrotask(() =>
      this.#onFailure?.({ problem: 'Connection closed unexpectedly', reply: undefined, isTls }),
    );
  }

  get isUsable(): boolean {
    const socket = this._socket;
    return !this.destroyed && typeof socket === 'object' && socket !== null && socket.writable;
  }

  /** Whether the host has said 354 and the end of the message has not been written. */
  get #isSending(): boolean {
    const { _currentDataStream: stream } = this as unknown as { readonly _currentDataStream?: unknown };
    return stream !== undefined && stream !== false;
  }

  /** The failure, or undefined when the session stands. */
  start(): Promise<Failure | undefined> {
    return new Promise((resolve) => {
      const giveUp = setTimeout(() => {
        if (this.stage === 'init') finish({ problem: 'it does not answer', reply: undefined, isTls: false });
      }, this.#limits.connect);
      const finish = (failure: Failure | undefined): void => {
        clearTimeout(giveUp);
        this.#onFailure = undefined;
        if (failure !== undefined) this.close();
        resolve(failure);
      };
      this.#onFailure = finish;
      this.connect((error?: PackageError) =>
        finish(error === undefined ? undefined : this.#failureOf(error)),
      );
    });
  }

  logIn(user: string, password: string): Promise<Failure | undefined> {
    return new Promise((resolve) => {
      this.#onFailure = resolve;
      const credentials = { user, pass: password };
      this.login({ user, pass: password, credentials }, (error) =>
        resolve(error === null || error === undefined ? undefined : this.#failureOf(error)),
      );
    });
  }

  /** Sends one message. */
  transmit(
    envelope: { readonly from: string; readonly to: readonly string[]; readonly isEightBit: boolean },
    message: MailContent,
    parameters: CommandParameters,
  ): Promise<SendReplies> {
    this.#parameters = parameters;
    const progress = { hasData: false };
    const stream = this.#stream(message, progress);
    return new Promise((resolve) => {
      const finish = (result: Pick<SendReplies, 'last' | 'problem'>): void => {
        clearTimeout(tooLong);
        // A host that answers early waits for the rest all the same, and would take a command for it.
        if (this.#isSending) this.close();
        // Lets go of what it reads from, where the end was not reached.
        stream.destroy();
        this.#onFailure = undefined;
        this.#parameters = NO_PARAMETERS;
        resolve({ ...result, ...progress, refused: this.#refused() });
      };
      const tooLong = setTimeout(() => {
        finish({ last: undefined, problem: 'it took too long' });
        this.close();
      }, this.#limits.message);
      this.#onFailure = ({ reply, problem }) => finish({ last: reply, problem });
      const { from, to, isEightBit } = envelope;
      const options = { from: from === '' ? (false as const) : from, to: [...to], size: message.length };
      this.send({ ...options, use8BitMime: isEightBit }, stream, (error, info) => {
        const failure = error === null ? undefined : this.#failureOf(error);
        finish({ last: failure === undefined ? info?.response : failure.reply, problem: failure?.problem });
      });
    });
  }

  /** Every command goes through here. */
  _sendCommand(command: string, logged?: string): void {
    const verb = /^[A-Za-z]+/.exec(command)?.[0].toUpperCase();
    this.#wait(this.#limits.command);
    const base = SMTPConnection.prototype as unknown as {
      _sendCommand(this: SMTPConnection, command: string, logged?: string): void;
    };
    base._sendCommand.call(this, [command, ...this.#extraFor(verb, command)].join(' '), logged);
  }

  /** Who cannot take EHLO now is not one who knows only HELO (RFC 5321 section 3.2), to whom much could not be sent at all. */
  _actionEHLO(reply: string): void {
    if (reply.startsWith('4')) {
      this.emit('error', Object.assign(new Error('it refused EHLO'), { response: reply }));
      this.close();
      return;
    }
    const base = SMTPConnection.prototype as unknown as {
      _actionEHLO(this: SMTPConnection, reply: string): void;
    };
    base._actionEHLO.call(this, reply);
  }

  /** Only 354 begins a message (RFC 5321 section 4.1.1.4): lines of it would be commands to a host that has taken DATA for something else. */
  _actionDATA(reply: string, callback: (error: Error | null, info?: unknown) => void): void {
    if (reply.startsWith('2')) {
      this.emit('error', new Error(`it answered DATA with ${reply}`));
      this.close();
      return;
    }
    const base = SMTPConnection.prototype as unknown as {
      _actionDATA(this: SMTPConnection, reply: string, callback: (error: Error | null) => void): void;
    };
    base._actionDATA.call(this, reply, callback);
  }

  #extraFor(verb: string | undefined, command: string): readonly string[] {
    if (verb === 'MAIL') return this.#parameters.mail;
    if (verb !== 'RCPT') return [];
    const address = /^RCPT TO:<(.*)>$/s.exec(command)?.[1] ?? '';
    return this.#parameters.recipients.get(address) ?? [];
  }

  #stream(message: MailContent, progress: { hasData: boolean }): Readable {
    const stream = Readable.from(this.#chunks(message, progress), {
      objectMode: false,
      highWaterMark: CHUNK,
    });
    // Whoever was sent a part of a message would take a command behind it for more of it.
    stream.on('error', () => this.close());
    return stream;
  }

  /** The message in pieces. Asked for the first one, the host has said 354; after the last, it says what became of all. */
  async *#chunks(message: MailContent, progress: { hasData: boolean }): AsyncGenerator<Uint8Array> {
    const { block, end } = this.#limits;
    this.#wait(block);
    progress.hasData = true;
    for await (const chunk of message instanceof Uint8Array ? chunksOf(message) : message) yield chunk;
    this.#wait(end);
  }

  /** The replies to recipients that were refused: the package leaves them out where the message is refused, too. */
  #refused(): ReadonlyMap<string, string> {
    const { _envelope } = this as unknown as {
      readonly _envelope?: { readonly rejectedErrors?: readonly PackageError[] } | false;
    };
    const errors = typeof _envelope === 'object' ? (_envelope.rejectedErrors ?? []) : [];
    return new Map(errors.map(({ recipient = '', response }) => [recipient, String(response)]));
  }

  /** An error while the connection is being upgraded is one of TLS, whatever the socket calls it. */
  #failureOf(error: PackageError): Failure {
    return failureOf(error, this.upgrading === true);
  }

  #wait(time: Duration): void {
    if (typeof this._socket === 'object') this._socket?.setTimeout(time);
  }
}
