import { domainToASCII } from 'node:url';
import type {
  SMTPServerAddress,
  SMTPServerAuthentication,
  SMTPServerDataStream,
  SMTPServerSession,
} from 'smtp-server';
import { concatBytes } from '../../base/bytes.ts';
import { messageOf } from '../../base/errors.ts';
import { after } from '../../base/instant.ts';
import type { Clock } from '../../port/clock.ts';
import type { Log } from '../../port/log.ts';
import { type MailStore, StoreFullError } from '../../port/mailbox.ts';
import { countFields } from '../../wire/mail/count-fields.ts';
import { encodeTrace } from '../../wire/mail/trace.ts';
import { findForbiddenOctet } from '../../wire/smtp/forbidden-octet.ts';
import { isHostName, needsUtf8, splitMailbox } from '../../wire/smtp/mailbox-name.ts';
import type { ClientLimits } from './client-limits.ts';
import type { SmtpLimits } from './limits.ts';
import { type BufferBudget, MessageBuffer } from './message-buffer.ts';
import type { Recipients } from './recipients.ts';
import { Refusal } from './refusal.ts';

export interface ReceptionOptions {
  readonly kind: 'mx' | 'submission';
  readonly hostName: string;
  readonly recipients: () => Recipients;
  readonly isLan: (address: string) => boolean;
  /** The user's name if the password fits. @throws when it cannot be told now */
  readonly verify: (login: string, password: string) => Promise<string | undefined>;
  readonly store: MailStore;
  readonly limits: SmtpLimits;
  readonly clients: ClientLimits;
  readonly budget: BufferBudget;
  readonly clock: Clock;
  readonly log: Log;
}

/** MAIL parameters of the extensions we offer (RFC 1870, 6152, 6531); any other gets 555 (RFC 5321 §4.1.1.11). */
const MAIL_PARAMETERS = ['SIZE', 'BODY', 'SMTPUTF8'];
/** RFC 4954 §5: whoever offers AUTH must take it; what it claims is not believed. */
const SUBMISSION_PARAMETERS = [...MAIL_PARAMETERS, 'AUTH'];

/** smtp-server hands domains out in Unicode; in headers and comparisons they have the form of the DNS. */
function inDnsForm(address: string): string {
  const { local, domain } = splitMailbox(address);
  if (domain === '' || domain.startsWith('[')) return address;
  return `${local}@${domainToASCII(domain) || domain}`;
}

/** RFC 5321 §4.5.3.1.3 without the brackets. */
const LONGEST_ADDRESS = 254;

/**
 * smtp-server is told to be lenient, as machines of the office send alarms from addresses such as `ilo.@office.example`;
 * what stands in headers and is compared must still be a name or an address literal, and not endless.
 */
function isUsableAddress(address: string): boolean {
  const { domain } = splitMailbox(address);
  if (address.length > LONGEST_ADDRESS) return false;
  return domain === '' || /^\[[0-9a-z.:]+\]$/.test(domain) || isHostName(domainToASCII(domain));
}

/** Decides on every command of one listener's sessions. A hook resolves to accept and throws {@link Refusal} to refuse. */
export class Reception {
  readonly #options: ReceptionOptions;
  readonly #admitted = new WeakSet<SMTPServerSession>();
  readonly #failedLogins = new WeakMap<SMTPServerSession, number>();

  constructor(options: ReceptionOptions) {
    this.#options = options;
  }

  async connect(session: SMTPServerSession): Promise<void> {
    if (!this.#options.clients.connect(session.remoteAddress)) {
      this.#options.log.info(
        `Refused a connection from ${session.remoteAddress}: too many, or too many errors`,
      );
      throw new Refusal({
        code: 421,
        enhanced: '4.7.0',
        text: 'Too many connections or errors from your address, come back later',
      });
    }
    this.#admitted.add(session);
  }

  closed(session: SMTPServerSession): void {
    if (this.#admitted.delete(session)) this.#options.clients.disconnect(session.remoteAddress);
  }

  /** The user who is logged in from now on. */
  async authenticate(auth: SMTPServerAuthentication, session: SMTPServerSession): Promise<string> {
    const { username = '', password } = auth;
    // Acting for somebody else is not offered (RFC 4616 §2).
    const isOneself = auth.authzid === undefined || auth.authzid === '' || auth.authzid === username;
    const user = isOneself ? await this.#verify(username, password ?? '') : undefined;
    if (user !== undefined) return user;
    const { limits, clock, log } = this.#options;
    log.notice(`Login failed for ${JSON.stringify(username)} from ${session.remoteAddress}`);
    const failures = (this.#failedLogins.get(session) ?? 0) + 1;
    this.#failedLogins.set(session, failures);
    await new Promise<void>(
      (resolve) => void clock.wake(after(clock.now(), limits.failedLoginDelay), resolve),
    );
    throw new Refusal(
      failures >= limits.failedLogins
        ? { code: 421, enhanced: '4.7.0', text: 'Too many failed logins' }
        : { code: 535, enhanced: '5.7.8', text: 'Name and password do not fit' },
    );
  }

  async from(address: SMTPServerAddress, session: SMTPServerSession): Promise<void> {
    const { kind, clients } = this.#options;
    if (kind === 'submission' && (!session.secure || session.user === undefined || session.user === false)) {
      throw new Refusal({ code: 530, enhanced: '5.7.0', text: 'Log in first, after STARTTLS' });
    }
    if (address.address !== '') this.#checkAddress(address, session, '5.1.7');
    this.#checkParameters(address, kind === 'submission' ? SUBMISSION_PARAMETERS : MAIL_PARAMETERS);
    if (!clients.takeMessage(session.remoteAddress)) {
      throw new Refusal({
        code: 450,
        enhanced: '4.7.1',
        text: 'Too many messages from your address in a minute, try again later',
      });
    }
  }

  async to(address: SMTPServerAddress, session: SMTPServerSession): Promise<void> {
    this.#checkAddress(address, session, '5.1.3');
    this.#checkParameters(address, []);
    this.#usersOf(address);
  }

  /** Resolves, with the text of the reply, when the message is on stable storage. */
  async data(stream: SMTPServerDataStream, session: SMTPServerSession): Promise<string> {
    const { limits, budget } = this.#options;
    const buffer = new MessageBuffer(limits.messageSize, budget);
    try {
      await this.#receive(stream, buffer, session);
      return await this.#accept(buffer, session);
    } finally {
      buffer.release();
    }
  }

  /** Throws when the client is gone before the end: nothing is stored then. */
  async #receive(
    stream: SMTPServerDataStream,
    buffer: MessageBuffer,
    session: SMTPServerSession,
  ): Promise<void> {
    try {
      for await (const chunk of stream) buffer.push(chunk as Uint8Array);
    } catch (error) {
      this.#options.log.info(`${session.remoteAddress} broke a message off: ${messageOf(error)}`);
      throw new Refusal({ code: 451, enhanced: '4.4.2', text: 'The message was broken off' });
    }
  }

  async #verify(username: string, password: string): Promise<string | undefined> {
    try {
      return await this.#options.verify(username, password);
    } catch (error) {
      throw new Refusal({ code: 454, enhanced: '4.7.0', text: messageOf(error) });
    }
  }

  #checkParameters(address: SMTPServerAddress, known: readonly string[]): void {
    const unknown = Object.keys(address.args === false ? {} : address.args).find(
      (key) => !known.includes(key),
    );
    if (unknown === undefined) return;
    throw new Refusal({ code: 555, enhanced: '5.5.4', text: `The parameter ${unknown} is not known here` });
  }

  #checkAddress(address: SMTPServerAddress, session: SMTPServerSession, badSyntax: string): void {
    const { local } = splitMailbox(address.address);
    if (!isUsableAddress(address.address)) {
      throw new Refusal({ code: 501, enhanced: badSyntax, text: 'The address cannot be read' });
    }
    if (local.includes('\ufffd')) {
      throw new Refusal({ code: 553, enhanced: '5.6.7', text: 'The address is not UTF-8' });
    }
    if (session.envelope.smtpUtf8 !== true && needsUtf8(local)) {
      throw new Refusal({ code: 553, enhanced: '5.6.7', text: 'Such an address wants SMTPUTF8' });
    }
  }

  #usersOf(address: SMTPServerAddress): readonly string[] {
    const resolution = this.#options.recipients().resolve(inDnsForm(address.address));
    if (resolution.kind === 'refused') throw new Refusal(resolution.reply);
    return resolution.users;
  }

  async #accept(buffer: MessageBuffer, session: SMTPServerSession): Promise<string> {
    this.#checkBuffer(buffer);
    this.#checkContent(buffer.content);
    // Resolved once more: the owner may have changed the aliases since RCPT.
    const users = [...new Set(session.envelope.rcptTo.flatMap((address) => this.#usersOf(address)))];
    const { mailFrom } = session.envelope;
    const sender = mailFrom === false ? '' : inDnsForm(mailFrom.address);
    const id = `${session.id}.${session.transaction}`;
    const message = concatBytes([this.#trace(session, { id, sender, users }), buffer.content]);
    await this.#deliver({ sender, users }, message, id);
    const { log } = this.#options;
    log.info(`Stored ${id} from <${sender}> for ${users.join(', ')}: ${message.length} octets`);
    return `2.6.0 Stored as ${id}`;
  }

  #checkBuffer(buffer: MessageBuffer): void {
    const { messageSize } = this.#options.limits;
    if (buffer.state === 'too-large') {
      throw new Refusal({
        code: 552,
        enhanced: '5.3.4',
        text: `The message is larger than ${messageSize} octets`,
      });
    }
    if (buffer.state === 'no-room') {
      throw new Refusal({
        code: 452,
        enhanced: '4.3.1',
        text: 'Too much mail is coming in, try again later',
      });
    }
  }

  #checkContent(message: Uint8Array): void {
    const forbidden = findForbiddenOctet(message);
    if (forbidden !== undefined) {
      throw new Refusal({
        code: 550,
        enhanced: '5.6.0',
        text: `The message has a ${forbidden} in it: lines end with CR LF (RFC 5321 section 2.3.8)`,
      });
    }
    if (countFields(message, 'Received') > this.#options.limits.receivedFields) {
      throw new Refusal({
        code: 554,
        enhanced: '5.4.6',
        text: 'The message is in a loop: too many Received fields',
      });
    }
  }

  #trace(
    session: SMTPServerSession,
    about: { readonly id: string; readonly sender: string; readonly users: readonly string[] },
  ): Uint8Array {
    const { hostName, isLan, kind, clock } = this.#options;
    const { rcptTo, smtpUtf8 } = session.envelope;
    const [first] = rcptTo;
    const tls = session.tlsOptions;
    const privateNote = kind === 'submission' ? 'authenticated sender' : 'LAN client';
    const isPrivate = kind === 'submission' || isLan(session.remoteAddress);
    return encodeTrace({
      sender: about.sender,
      source: isPrivate
        ? { kind: 'private', note: privateNote }
        : { kind: 'host', helo: session.hostNameAppearsAs, address: session.remoteAddress },
      by: hostName,
      protocol:
        smtpUtf8 === true
          ? session.transmissionType.replace(/^E?SMTP/, 'UTF8SMTP')
          : session.transmissionType,
      tls: tls === false ? undefined : { version: tls.version, cipher: tls.standardName },
      id: about.id,
      recipient: rcptTo.length === 1 && first !== undefined ? inDnsForm(first.address) : undefined,
      isOneMailbox: about.users.length === 1,
      time: clock.wallTime(),
    });
  }

  async #deliver(
    envelope: { readonly sender: string; readonly users: readonly string[] },
    message: Uint8Array,
    id: string,
  ): Promise<void> {
    const { store, log } = this.#options;
    try {
      await store.deliver(envelope, message);
    } catch (error) {
      log.error(`Cannot store the message ${id} for ${envelope.users.join(', ')}: ${messageOf(error)}`);
      throw new Refusal(
        error instanceof StoreFullError
          ? { code: 452, enhanced: '4.3.1', text: 'The storage is full, try again later' }
          : { code: 451, enhanced: '4.3.0', text: 'The message cannot be stored now, try again later' },
      );
    }
  }
}
