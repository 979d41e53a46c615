import { isAscii } from 'node:buffer';
import { formatAddress } from '../../base/address.ts';
import { printable } from '../../base/printable.ts';
import {
  type NextHop,
  type OutgoingMail,
  type OutgoingRecipient,
  type PeerReply,
  type RecipientResult,
  SessionError,
  type SmtpClient,
  type SmtpSession,
} from '../../port/smtp-client.ts';
import type { MailContent } from '../../port/mailbox.ts';
import { needsUtf8 } from '../../wire/smtp/mailbox-name.ts';
import { MAX_REPLY_TEXT, parsePeerReply } from '../../wire/smtp/peer-reply.ts';
import { type CommandParameters, Connection, type Failure } from './smtp-connection.ts';
import { DEFAULT_SMTP_CLIENT_LIMITS, type SmtpClientLimits } from './smtp-limits.ts';

export interface SmtpClientOptions {
  /** What this host calls itself in EHLO. */
  readonly hostName: () => string;
  readonly limits?: Partial<SmtpClientLimits>;
  /** Certificates to trust besides those the program comes with, PEM. */
  readonly authorities?: readonly string[];
}

function ownReply(enhanced: string, text: string): PeerReply {
  return { code: 0, enhanced, text: printable(text, MAX_REPLY_TEXT) };
}

/** RFC 3463 section 3.5: no answer from the host, 4.4.1; a bad connection, 4.4.2. */
function sessionError(hop: NextHop, failure: Failure): SessionError {
  const said = failure.reply === undefined ? undefined : parsePeerReply(failure.reply);
  if (said !== undefined) return new SessionError(said, failure.isTls);
  const place = `${hop.host} (${formatAddress(hop.address)}) port ${hop.port}`;
  const enhanced = failure.isTls ? '4.7.5' : '4.4.1';
  return new SessionError(ownReply(enhanced, `Cannot reach ${place}: ${failure.problem}`), failure.isTls);
}

/** Mail to other hosts by SMTP (RFC 5321), on nodemailer's connection. */
export class NodeSmtpClient implements SmtpClient {
  readonly #options: SmtpClientOptions;
  readonly #limits: SmtpClientLimits;

  constructor(options: SmtpClientOptions) {
    this.#options = options;
    this.#limits = { ...DEFAULT_SMTP_CLIENT_LIMITS, ...options.limits };
  }

  async open(hop: NextHop): Promise<SmtpSession> {
    const connection = new Connection(
      {
        host: formatAddress(hop.address),
        port: hop.port,
        name: this.#options.hostName(),
        secure: hop.tls === 'implicit',
        ignoreTLS: hop.tls === 'none',
        requireTLS: hop.tls === 'starttls',
        opportunisticTLS: hop.tls === 'opportunistic',
        tls: this.#tls(hop),
      },
      this.#limits,
    );
    const failure = await connection.start();
    if (failure !== undefined) throw sessionError(hop, failure);
    if (hop.login !== undefined) await this.#logIn(connection, hop, hop.login);
    return new Session(connection, hop);
  }

  #tls(hop: NextHop): {
    readonly rejectUnauthorized: boolean;
    readonly servername?: string;
    readonly ca?: string[];
  } {
    const { authorities } = this.#options;
    const isName = hop.host !== formatAddress(hop.address);
    return {
      rejectUnauthorized: hop.verify,
      ...(isName ? { servername: hop.host } : {}),
      ...(authorities === undefined ? {} : { ca: [...authorities] }),
    };
  }

  async #logIn(connection: Connection, hop: NextHop, login: NonNullable<NextHop['login']>): Promise<void> {
    const failure = await connection.logIn(login.user, login.password);
    if (failure === undefined) return;
    connection.quit();
    const said = failure.reply === undefined ? undefined : parsePeerReply(failure.reply);
    // A wrong password is the owner's to put right: the mail waits.
    throw new SessionError(
      said ?? ownReply('4.7.8', `Cannot log in at ${hop.host} as ${login.user}: ${failure.problem}`),
    );
  }
}

// The package refuses brackets even where quotes would allow them; a line end would be another command.
const UNSENDABLE = /[\u0000-\u001f\u007f<>]/;
/** What is passed on of the texts of others: visible ASCII, as RFC 3461 section 4 has it. */
const PARAMETER = /^[!-~]+$/;
const NOTIFY_WORDS = { success: 'SUCCESS', failure: 'FAILURE', delay: 'DELAY' } as const;

function recipientParameters({ notify, originalRecipient }: OutgoingRecipient): readonly string[] {
  const words = notify?.map((wish) => NOTIFY_WORDS[wish]) ?? [];
  return [
    ...(notify === undefined ? [] : [`NOTIFY=${words.length === 0 ? 'NEVER' : words.join(',')}`]),
    ...(PARAMETER.test(originalRecipient ?? '') ? [`ORCPT=${originalRecipient}`] : []),
  ];
}

function dsnParameters({ returns, envelopeId, recipients }: OutgoingMail): CommandParameters {
  return {
    mail: [
      ...(returns === undefined ? [] : [`RET=${returns === 'full' ? 'FULL' : 'HDRS'}`]),
      ...(PARAMETER.test(envelopeId ?? '') ? [`ENVID=${envelopeId}`] : []),
    ],
    recipients: new Map(recipients.map((one) => [one.address, recipientParameters(one)])),
  };
}

class Session implements SmtpSession {
  readonly hop: NextHop;
  readonly #connection: Connection;
  readonly #extensions: ReadonlyMap<string, string>;

  constructor(connection: Connection, hop: NextHop) {
    this.#connection = connection;
    this.hop = hop;
    this.#extensions = connection.extensions;
  }

  get isEncrypted(): boolean {
    return this.#connection.secure;
  }
  get hasDsn(): boolean {
    return this.#extensions.has('DSN');
  }
  get isOpen(): boolean {
    return this.#connection.isUsable;
  }

  async send(mail: OutgoingMail): Promise<readonly RecipientResult[]> {
    const isEightBit = await hasEightBit(mail.message);
    const obstacle = this.#obstacle(mail, isEightBit);
    if (obstacle !== undefined) return mail.recipients.map(() => ({ outcome: 'failed', reply: obstacle }));
    const fitting = mail.recipients.filter(({ address }) => this.#addressObstacle(address) === undefined);
    const replies = await this.#transmit({ ...mail, recipients: fitting }, isEightBit);
    return mail.recipients.map(({ address }) => {
      const obstacle = this.#addressObstacle(address);
      if (obstacle !== undefined) return { outcome: 'failed', reply: obstacle };
      return resultOf(replies.refused.get(address) ?? replies.last, replies);
    });
  }

  close(): void {
    if (this.#connection.isUsable) this.#connection.quit();
    else this.#connection.close();
  }

  async #transmit(
    mail: OutgoingMail,
    isEightBit: boolean,
  ): Promise<{
    readonly refused: ReadonlyMap<string, string>;
    readonly last: string | undefined;
    readonly problem: string | undefined;
  }> {
    if (mail.recipients.length === 0) return { refused: new Map(), last: undefined, problem: undefined };
    const to = mail.recipients.map(({ address }) => address);
    const envelope = { from: mail.sender, to, isEightBit };
    const parameters = this.hasDsn ? dsnParameters(mail) : { mail: [], recipients: new Map<string, never>() };
    const replies = await this.#connection.transmit(envelope, mail.message, parameters);
    const said = replies.last === undefined ? undefined : parsePeerReply(replies.last);
    const isOver = replies.problem !== undefined && (said === undefined || said.code === 421);
    if (isOver && !replies.hasData)
      throw sessionError(this.hop, {
        problem: replies.problem ?? '',
        reply: replies.last,
        isTls: false,
      });
    return replies;
  }

  /** Why the message cannot go to this host at all, before anything is said. */
  #obstacle(mail: OutgoingMail, isEightBit: boolean): PeerReply | undefined {
    const largest = Number(this.#extensions.get('SIZE') ?? 0);
    if (largest > 0 && mail.message.length > largest) {
      const text = `${this.hop.host} takes messages of at most ${largest} octets, this one has ${mail.message.length}`;
      return ownReply('5.3.4', text);
    }
    if (isEightBit && !this.#extensions.has('8BITMIME'))
      return ownReply('5.6.3', `${this.hop.host} does not take octets beyond ASCII (8BITMIME)`);
    return this.#addressObstacle(mail.sender);
  }

  #addressObstacle(address: string): PeerReply | undefined {
    if (needsUtf8(address) && !this.#extensions.has('SMTPUTF8'))
      return ownReply('5.6.7', `${this.hop.host} does not take addresses beyond ASCII (SMTPUTF8)`);
    if (UNSENDABLE.test(address)) return ownReply('5.1.3', 'The address cannot be sent');
    return undefined;
  }
}

/** Whether it has an octet beyond ASCII: the whole of a large message is read to know. */
async function hasEightBit(message: MailContent): Promise<boolean> {
  if (message instanceof Uint8Array) return !isAscii(message);
  for await (const piece of message) if (!isAscii(piece)) return true;
  return false;
}

function resultOf(
  text: string | undefined,
  { problem }: { readonly problem: string | undefined },
): RecipientResult {
  const reply = text === undefined ? undefined : parsePeerReply(text);
  if (reply === undefined) {
    const reason = `The connection broke while the message was sent: ${problem ?? 'no reply'}`;
    return { outcome: 'deferred', reply: ownReply('4.4.2', reason) };
  }
  if (reply.code < 300) return { outcome: 'delivered', reply };
  return { outcome: reply.code >= 500 ? 'failed' : 'deferred', reply };
}
