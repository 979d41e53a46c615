import type { SMTPServerAddress, SMTPServerDataStream, SMTPServerSession } from 'smtp-server';
import { concatBytes } from '../../base/bytes.ts';
import { messageOf } from '../../base/errors.ts';
import { after } from '../../base/instant.ts';
import {
  type DeliveryPlan,
  type RoutedRecipient,
  planDelivery,
} from '../../engine/mail-routing/plan-delivery.ts';
import type { Clock } from '../../port/clock.ts';
import type { Log } from '../../port/log.ts';
import type { Envelope, MailStore } from '../../port/mailbox.ts';
import { fieldRanges } from '../../wire/mail/field-ranges.ts';
import { headerOf } from '../../wire/mail/message-parts.ts';
import { encodeOriginFields } from '../../wire/mail/origin-fields.ts';
import { ForbiddenOctetSearch } from '../../wire/smtp/forbidden-octet-search.ts';
import { checkAddress, inDnsForm } from './addresses.ts';
import type { ClientLimits } from './client-limits.ts';
import { UNKNOWN_PARAMETER } from './connection.ts';
import { checkContent, checkOctets, checkSize } from './content.ts';
import { announcedSize, envelopeIdOf, recipientWishes } from './dsn-parameters.ts';
import { Handover } from './handover.ts';
import type { SmtpLimits } from './limits.ts';
import { type BufferBudget, MessageBuffer } from './message-buffer.ts';
import type { Outgoing, RelayClient } from './outgoing.ts';
import type { Recipients } from './recipients.ts';
import { Refusal } from './refusal.ts';
import { traceOf } from './trace-of.ts';

export interface ReceptionOptions {
  readonly kind: 'mx' | 'submission';
  readonly hostName: string;
  readonly recipients: Recipients;
  readonly outgoing: Outgoing | undefined;
  readonly isLan: (address: string) => boolean;
  readonly store: MailStore;
  readonly limits: SmtpLimits;
  readonly clients: ClientLimits;
  readonly budget: BufferBudget;
  readonly clock: Clock;
  readonly log: Log;
}

/** Parameters of the extensions we offer (RFC 1870, 6152, 6531); any other gets 555 (RFC 5321 §4.1.1.11). */
const MAIL_PARAMETERS = ['SIZE', 'BODY', 'SMTPUTF8'];
/** RFC 4954 §5: whoever offers AUTH must take it; what it claims is not believed. */
const LOGIN_PARAMETERS = ['AUTH'];
/** RFC 3461 §4. Offered where mail goes out, as all reports do. */
const DSN_PARAMETERS = { mail: ['RET', 'ENVID'], recipient: ['NOTIFY', 'ORCPT'] };

/** The one Return-Path of a message is that of its final delivery (RFC 5321 §4.4). */
const NOT_OF_OTHERS = ['return-path'];
/** Of people and machines of the office, a Bcc that their program has left in would show blind copies to everybody (RFC 5322 §3.6.3). */
const NOT_OF_ORIGIN = [...NOT_OF_OTHERS, 'bcc'];
/** Such fields that are taken out; further ones stay. */
const MOST_FIELDS = 100;

/** Most trace fields fit into it. */
export const TRACE_ROOM = 1024;

/** Decides on every command of one listener's sessions. A hook resolves to accept and throws {@link Refusal} to refuse. */
export class Reception {
  readonly #options: ReceptionOptions;
  readonly #handover: Handover;
  readonly #parameters: { readonly mail: readonly string[]; readonly recipient: readonly string[] };

  constructor(options: ReceptionOptions) {
    this.#options = options;
    this.#handover = new Handover(options);
    const dsn = options.outgoing === undefined ? { mail: [], recipient: [] } : DSN_PARAMETERS;
    const login = options.kind === 'submission' ? LOGIN_PARAMETERS : [];
    this.#parameters = { mail: [...MAIL_PARAMETERS, ...login, ...dsn.mail], recipient: dsn.recipient };
  }

  /** Holds the greeting back from strangers of the port for other servers. */
  async connect(session: SMTPServerSession): Promise<void> {
    const { kind, isLan, limits, clock } = this.#options;
    if (kind !== 'mx' || isLan(session.remoteAddress) || limits.greetingDelay === 0) return;
    await new Promise<void>((resolve) => void clock.wake(after(clock.now(), limits.greetingDelay), resolve));
  }

  async from(address: SMTPServerAddress, session: SMTPServerSession): Promise<void> {
    const { kind, clients, recipients } = this.#options;
    const user = userOf(session);
    const isLoggedIn = session.secure && user !== undefined && recipients.isUser(user);
    if (kind === 'submission' && !isLoggedIn) {
      throw new Refusal({ code: 530, enhanced: '5.7.0', text: 'Log in first, after STARTTLS' });
    }
    if (address.address !== '') checkAddress(address.address, isUtf8(session), '5.1.7');
    checkParameters(address, this.#parameters.mail);
    envelopeIdOf(address);
    if (!clients.takeMessage(session.remoteAddress)) {
      const text = 'Too many messages from your address in a minute, try again later';
      throw new Refusal({ code: 450, enhanced: '4.7.1', text });
    }
  }

  async to(address: SMTPServerAddress, session: SMTPServerSession): Promise<void> {
    checkAddress(address.address, isUtf8(session), '5.1.3');
    checkParameters(address, this.#parameters.recipient);
    const { route } = this.#routed(address, session);
    const size = announcedSize(session.envelope.mailFrom);
    this.#options.recipients.checkRoom(address.address, route, size);
  }

  /** Resolves, with the text of the reply, when the message is on stable storage. */
  async data(stream: SMTPServerDataStream, session: SMTPServerSession): Promise<string> {
    const { limits, budget } = this.#options;
    const buffer = new MessageBuffer(limits.messageSize, budget, TRACE_ROOM);
    const search = new ForbiddenOctetSearch();
    const take = (chunk: Uint8Array): void => {
      buffer.push(chunk);
      search.push(chunk);
    };
    try {
      await this.#receive(stream, take, session);
      checkSize(buffer, limits);
      checkOctets(search.found);
      return await this.#accept(buffer, session);
    } finally {
      buffer.release();
    }
  }

  /** Throws when the client is gone before the end: nothing is stored then. */
  async #receive(
    stream: SMTPServerDataStream,
    take: (chunk: Uint8Array) => void,
    session: SMTPServerSession,
  ): Promise<void> {
    try {
      await receive(stream, take);
    } catch (error) {
      this.#options.log.info(`${session.remoteAddress} broke a message off: ${messageOf(error)}`);
      throw new Refusal({ code: 451, enhanced: '4.4.2', text: 'The message was broken off' });
    }
  }

  #routed(address: SMTPServerAddress, session: SMTPServerSession): RoutedRecipient {
    const { recipients, isLan, outgoing } = this.#options;
    const name = inDnsForm(address.address);
    const { remoteAddress, localAddress } = session;
    const client: RelayClient = {
      address: remoteAddress,
      isLan: isLan(remoteAddress),
      user: userOf(session),
    };
    const wishes = outgoing === undefined ? {} : recipientWishes(address);
    return { address: name, ...wishes, route: recipients.route(name, client, localAddress) };
  }

  /** Whether the client is one of ours, so that its mail begins its way here. */
  #isOrigin({ remoteAddress }: SMTPServerSession): boolean {
    const { kind, isLan } = this.#options;
    return kind === 'submission' || isLan(remoteAddress);
  }

  /** Takes out what may not stay, and makes what has to be there where mail begins its way: it has no other host before this one. @returns fields to put in front */
  #settle(buffer: MessageBuffer, id: string, session: SMTPServerSession): Uint8Array {
    const { clock, hostName, limits } = this.#options;
    const isOrigin = this.#isOrigin(session);
    const header = headerOf(buffer.content, limits.headerSize);
    buffer.cut(fieldRanges(header, isOrigin ? NOT_OF_ORIGIN : NOT_OF_OTHERS, MOST_FIELDS));
    if (!isOrigin) return new Uint8Array(0);
    return encodeOriginFields(headerOf(buffer.content, limits.headerSize), {
      time: clock.wallTime(),
      id,
      host: hostName,
    });
  }

  async #accept(buffer: MessageBuffer, session: SMTPServerSession): Promise<string> {
    const { limits } = this.#options;
    // Routed once more: the owner may have changed the aliases since RCPT.
    const recipients = session.envelope.rcptTo.map((address) => this.#routed(address, session));
    const plan = planDelivery(recipients);
    if (plan.remote.length > limits.remoteRecipients) {
      throw new Refusal({ code: 452, enhanced: '4.5.3', text: 'Too many recipients behind these addresses' });
    }
    const ours = recipients.filter(({ route }) => route.kind === 'here').map(({ address }) => address);
    checkContent(buffer.content, ours, limits);
    const envelope = envelopeOf(session, plan);
    const id = `${session.id}.${session.transaction}`;
    const trace = traceOf(session, { ...this.#options, id, envelope, recipients });
    const message = buffer.contentAfter(concatBytes([trace, this.#settle(buffer, id, session)]));
    await this.#handover.store({ id, envelope, plan, recipients, message, isOurs: this.#isOrigin(session) });
    return `2.6.0 Stored as ${id}`;
  }
}

/** By events: an iterator over the stream costs more than all else about a small message. */
function receive(stream: SMTPServerDataStream, take: (chunk: Uint8Array) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    // An error to reject with is not made after the end: its stack would cost each message more than taking it in.
    const onClose = (): void => reject(new Error('the connection is closed'));
    stream.on('data', take);
    stream.once('end', () => {
      stream.off('close', onClose);
      resolve();
    });
    stream.once('error', reject);
    stream.once('close', onClose);
  });
}

function userOf({ user }: SMTPServerSession): string | undefined {
  return typeof user === 'string' ? user : undefined;
}

function isUtf8({ envelope }: SMTPServerSession): boolean {
  return envelope.smtpUtf8 === true;
}

function checkParameters({ args }: SMTPServerAddress, known: readonly string[]): void {
  if (args === false) return;
  const unknown = Object.keys(args).find((key) => !known.includes(key));
  if (unknown === undefined) return;
  const name = unknown === UNKNOWN_PARAMETER ? args[unknown] : unknown;
  throw new Refusal({ code: 555, enhanced: '5.5.4', text: `The parameter ${name} is not known here` });
}

function envelopeOf({ envelope }: SMTPServerSession, { users, remote }: DeliveryPlan): Envelope {
  const { mailFrom, dsn } = envelope;
  const sender = mailFrom === false ? '' : inDnsForm(mailFrom.address);
  const envelopeId = mailFrom === false ? undefined : envelopeIdOf(mailFrom);
  const returns = dsn?.ret === 'FULL' ? 'full' : dsn?.ret === 'HDRS' ? 'headers' : undefined;
  return {
    sender,
    users,
    ...(remote.length === 0 ? {} : { remote }),
    ...(envelopeId === undefined ? {} : { envelopeId }),
    ...(returns === undefined ? {} : { returns }),
  };
}
