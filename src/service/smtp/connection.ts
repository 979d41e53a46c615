// oxlint-disable no-underscore-dangle -- the base class spells its parts so
import type { Socket } from 'node:net';
import { SMTPConnection, type SMTPConnectionOptions } from 'smtp-server/lib/smtp-connection.js';
import { plainAddress } from '../../base/address-block.ts';
import { Milliseconds } from '../../base/duration.ts';
import { type Instant, after } from '../../base/instant.ts';
import type { Cancel, Clock } from '../../port/clock.ts';
import { type PathCommand, decodePathCommand } from '../../wire/smtp/path-command.ts';
import { hasEnhancedCode, sayableText } from '../../wire/smtp/reply.ts';
import { CommandStream } from './command-stream.ts';
import { AMBIGUOUS } from './content.ts';
import { correctedCode } from './library-reply.ts';
import type { SmtpLimits } from './limits.ts';

type Send = Parameters<SMTPConnection['send']>;
type Parsed = ReturnType<SMTPConnection['_parseAddressCommand']>;

/*
 * smtp-server looks for what a client says among the properties of its objects. V8 keeps every name that was ever looked for, so that a client could fill
 * the memory with nonsense: only these words get that far.
 */
const COMMANDS = new Set([
  'AUTH',
  'DATA',
  'EHLO',
  'EXPN',
  'HELO',
  'HELP',
  'MAIL',
  'NOOP',
  'QUIT',
  'RCPT',
  'RSET',
  'STARTTLS',
  'VRFY',
]);
const CONTEXTS = new Set([
  'DATA_OK',
  'EHLO',
  'HELO',
  'MAIL_FROM_OK',
  'MAILBOX_SYNTAX_ERROR',
  'MESSAGE_TOO_BIG',
  'RCPT_TO_OK',
  'SENDER_SYNTAX_ERROR',
  'TOO_MANY_RECIPIENTS',
]);
const MECHANISMS = new Set(['PLAIN', 'LOGIN']);
const PARAMETERS = new Set([
  'AUTH',
  'BODY',
  'ENVID',
  'NOTIFY',
  'ORCPT',
  'REQUIRETLS',
  'RET',
  'SIZE',
  'SMTPUTF8',
]);
/** Stands for a parameter that nobody knows; its value is the parameter's name. */
export const UNKNOWN_PARAMETER = '?';

export interface ConnectionOptions {
  readonly clock: Clock;
  readonly limits: Pick<
    SmtpLimits,
    'sessionTime' | 'dataTime' | 'dataRate' | 'longestDataTime' | 'crowdedIdleTime' | 'handshakeTime'
  >;
  readonly isLan: (address: string) => boolean;
  /** Counts a command; false when it is one too many. */
  readonly takeCommand: (address: string) => boolean;
  /** Counts a refusal; true when it was one too many. */
  readonly countError: (address: string) => boolean;
}

/**
 * smtp-server's connection with what its options cannot say: when time is over, what a client may do, how an address is read, which enhanced code is right.
 * It leans on undocumented parts: the version is pinned, and a test fails when they move.
 */
export class Connection extends SMTPConnection {
  /** Called when the client is gone. */
  onGone: (() => void) | undefined;
  readonly #options: ConnectionOptions;
  readonly #deadline: { at: Instant; cancel: Cancel };
  #lastHeard: Instant;
  #heardOctets = 0;
  /** When the connection began, or the last message was taken. */
  #since: Instant;
  #dataBegan: Instant | undefined;

  constructor(
    server: ConstructorParameters<typeof SMTPConnection>[0],
    socket: Socket,
    options: ConnectionOptions & { readonly library?: SMTPConnectionOptions | null | undefined },
  ) {
    super(server, socket, options.library);
    this.#options = options;
    const now = options.clock.now();
    [this.#since, this.#lastHeard] = [now, now];
    this.#deadline = { at: now, cancel: { cancel: () => {} } };
    this.#setDeadline(after(now, options.limits.sessionTime));
  }

  /** Since when nothing is known to have come from a client who owes us something; undefined while the client waits for us. */
  get silentSince(): Instant | undefined {
    // A listener for data would have to follow the connection into TLS; the count of octets does so by itself.
    const { bytesRead } = this._socket;
    if (bytesRead !== this.#heardOctets) this.#lastHeard = this.#options.clock.now();
    this.#heardOctets = bytesRead;
    return this.#isBusy() ? undefined : this.#lastHeard;
  }

  /** Without the base class's 100 ms, which every message would wait: strangers wait for the greeting as {@link SmtpLimits.greetingDelay} says. */
  override init(): void {
    this._setListeners(() => this.connectionReady());
  }

  override send(code: Send[0], data?: Send[1], context?: Send[2]): void {
    // Only EHLO sends a list. Offered before TLS, AUTH would have clients send the password readable (RFC 8314 §3.3).
    if (Array.isArray(data)) {
      const offers = this.secure ? data : data.filter((line) => !line.startsWith('AUTH '));
      super.send(code, offers, context);
      return;
    }
    if (code === 250 && context === 'DATA_OK') this.#since = this.#options.clock.now();
    const text = typeof data === 'string' ? sayableText(data, this.#isUtf8()) : data;
    super.send(code, ...this.#withCode(code, text, context));
    if (typeof data === 'string' && data.startsWith(`${AMBIGUOUS} `)) this.close();
    if (code >= 500 && !this._closing && this.#options.countError(this.remoteAddress)) {
      super.send(421, '4.7.0 Too many errors, come back later', false);
    }
  }

  override _onCommand(command: Buffer, callback?: () => void): void {
    if (!this._upgrading && !this._closing && !this.#options.takeCommand(this.remoteAddress)) {
      this.send(421, '4.7.0 Too many commands from your address in a minute, come back later');
      return;
    }
    super._onCommand(command, callback);
  }

  /** Called by the constructor of the base class, and once more when TLS begins. */
  override _createParser(): CommandStream {
    const parser = new CommandStream({ maxCommandLength: this._server.options.maxCommandLength });
    parser.oncommand = (command, callback) => this._onCommand(command, callback);
    parser.on('error', (error: Error) => this.send(421, `Error: ${error.message}`));
    return parser;
  }

  /** The base class knows no Quoted-string, and turns domains into Unicode that the DNS and headers do not want. */
  override _parseAddressCommand(rawName: string, rawCommand: Buffer | string): Parsed {
    const verb = rawName.toUpperCase() === 'MAIL FROM' ? 'MAIL FROM' : 'RCPT TO';
    let command: PathCommand;
    try {
      command = decodePathCommand(verb, rawCommand.toString());
    } catch {
      return false;
    }
    const { address, parameters, duplicate } = command;
    if (address.endsWith(']')) this.#learnLocalAddress();
    const known = [...parameters].map(([name, value]) =>
      PARAMETERS.has(name) ? ([name, value] as const) : ([UNKNOWN_PARAMETER, name] as const),
    );
    const args = known.length === 0 ? false : Object.fromEntries(known);
    return duplicate === undefined ? { address, args } : { address, args, duplicate };
  }

  override _getHandler(command: string): ReturnType<SMTPConnection['_getHandler']> {
    return COMMANDS.has(command) ? super._getHandler(command) : undefined;
  }

  override handler_AUTH(command: Buffer, callback: () => void): void {
    const [, method = ''] = command.toString().trim().split(/\s+/, 2);
    super.handler_AUTH(MECHANISMS.has(method.toUpperCase()) ? command : Buffer.from('AUTH ?'), callback);
  }

  /** RFC 5321 §4.2.4: known, and not offered. */
  handler_EXPN(_command: Buffer, callback: () => void): void {
    this.send(502, '5.5.1 Members of lists are not shown');
    callback();
  }

  /** RFC 5321 §3.5.3: who exists is told to nobody; 252 says that the address may be tried. */
  override handler_VRFY(command: Buffer, callback: () => void): void {
    if (/\s\S/.test(command.toString().trim()))
      this.send(252, 'Send the mail, and its recipient will be checked');
    else this.send(501, '5.5.4 VRFY wants an address');
    callback();
  }

  override handler_HELP(_command: Buffer, callback: () => void): void {
    this.send(214, `2.0.0 Known are ${[...COMMANDS].join(' ')}`);
    callback();
  }

  override handler_DATA(command: Buffer, callback: () => void): void {
    super.handler_DATA(command, callback);
    if (!this.#isReceiving()) return;
    const { clock, limits } = this.#options;
    this.#dataBegan = clock.now();
    this.#setDeadline(after(this.#dataBegan, limits.dataTime));
  }

  override _onClose(): void {
    this.#deadline.cancel.cancel();
    super._onClose();
    this.onGone?.();
  }

  /** Says goodbye if nothing is under way: no message is coming in or being stored. */
  stop(): void {
    if (!this.#isBusy() && !this.#isReceiving()) this.send(421, '4.3.2 The server is shutting down');
  }

  /** Leaves its place to another client, at once. */
  giveWay(): void {
    this.send(421, '4.3.2 Others are waiting, try again in a moment');
    this._socket.destroySoon();
  }

  /** Only an address at a number wants to know it: it costs a system call. */
  #learnLocalAddress(): void {
    this.localAddress = plainAddress(this._socket.localAddress ?? '');
    this.session.localAddress = this.localAddress;
  }

  #withCode(code: number, data: string | null | undefined, context: Send[2]): [Send[1], Send[2]] {
    const known = typeof context === 'string' && !CONTEXTS.has(context) ? undefined : context;
    if (typeof data !== 'string' || known === false) return [data, known];
    // The table of the base class is by reply code only; our replies say theirs themselves.
    if (hasEnhancedCode(data)) return [data, false];
    const corrected = correctedCode(code, data);
    return corrected === undefined ? [data, known] : [`${corrected} ${data}`, false];
  }

  #isUtf8(): boolean {
    return this.session.envelope?.smtpUtf8 === true;
  }

  #isReceiving(): boolean {
    return this._dataStream !== false && this._dataStream !== null && this.#isInDataMode();
  }

  #isInDataMode(): boolean {
    return this._parser !== false && this._parser._dataMode;
  }

  /** Whether the client waits for us: a command is being handled, or a message being stored. */
  #isBusy(): boolean {
    const isStoring = this._dataStream !== false && this._dataStream !== null && !this.#isInDataMode();
    return this._handlerPending || isStoring;
  }

  #setDeadline(at: Instant): void {
    this.#deadline.cancel.cancel();
    this.#deadline.at = at;
    this.#deadline.cancel = this.#options.clock.wake(at, () => this.#onDeadline());
  }

  #onDeadline(): void {
    if (this._closing || this._closed) return;
    const { clock, limits } = this.#options;
    const now = clock.now();
    const end = this.#end();
    if (now < end) {
      this.#setDeadline(end);
    } else if (this.#isBusy()) {
      this.#setDeadline(after(now, limits.sessionTime));
    } else {
      const what = this.#isReceiving()
        ? 'The message comes in too slowly'
        : 'The connection has lasted too long';
      this.send(421, `4.4.2 ${what}`);
    }
  }

  /** When what is under way has to be over: the message that comes in, else the time until the next one. */
  #end(): Instant {
    const { limits } = this.#options;
    const began = this.#dataBegan;
    if (began === undefined || this._parser === false || !this.#isReceiving()) {
      this.#dataBegan = undefined;
      return after(this.#since, limits.sessionTime);
    }
    const earned = Milliseconds((this._parser.dataBytes / limits.dataRate) * 1000);
    return after(began, Milliseconds(Math.min(limits.longestDataTime, limits.dataTime + earned)));
  }
}
