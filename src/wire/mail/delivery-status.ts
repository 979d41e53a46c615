import { asciiText } from '../../base/ascii-text.ts';
import type { Timestamp } from '../../base/instant.ts';
import type { SmtpReply } from '../smtp/reply.ts';
import { needsUtf8 } from '../smtp/mailbox-name.ts';
import { decodeXtext } from '../smtp/xtext.ts';
import { formatMailDate } from './date.ts';

/** What a report says of one recipient (RFC 3464 section 2.3). */
export interface RecipientStatus {
  readonly address: string;
  /** ORCPT as it was given: address type, `;`, xtext. */
  readonly originalRecipient: string | undefined;
  readonly action: 'failed' | 'delayed' | 'delivered' | 'relayed' | 'expanded';
  /** `5.1.1`: of the action, not always that of the reply. */
  readonly status: string;
  /** The last reply; its code is 0 if no host said anything. */
  readonly reply: SmtpReply;
  /** The host that said it. */
  readonly remoteHost: string | undefined;
  readonly lastAttempt: Timestamp | undefined;
  /** Of `delayed`: until when it is tried. */
  readonly willRetryUntil: Timestamp | undefined;
}

/** What it says of the message (RFC 3464 section 2.2). */
export interface MessageStatus {
  readonly reportingHost: string;
  /** ENVID as it was given, in xtext. */
  readonly envelopeId: string | undefined;
  readonly arrival: Timestamp | undefined;
}

// What could begin another field, or end the part.
const UNSAFE = /[\u0000-\u001f\u007f]+/g;

function field(name: string, value: string | undefined): string[] {
  return value === undefined ? [] : [`${name}: ${value.replaceAll(UNSAFE, ' ')}`];
}

function date(time: Timestamp | undefined): string | undefined {
  return time === undefined ? undefined : formatMailDate(time);
}

function decoded(xtext: string): string {
  return decodeXtext(xtext) ?? xtext;
}

function originalRecipient(orcpt: string | undefined): string | undefined {
  if (orcpt === undefined) return undefined;
  const semicolon = orcpt.indexOf(';');
  const address = decoded(orcpt.slice(semicolon + 1));
  return `${needsUtf8(address) ? 'utf-8' : orcpt.slice(0, semicolon)}; ${address}`;
}

/** RFC 6533 section 3: an address beyond ASCII is of the type `utf-8`, and then the whole part is another one. */
function finalRecipient(address: string): string {
  return `${needsUtf8(address) ? 'utf-8' : 'rfc822'}; ${address}`;
}

/** A line has 998 octets at most (RFC 5322 section 2.1.1), the name of the field among them. */
const LONGEST_DIAGNOSTIC = 900;

/** ASCII, whatever the host said: what is beyond would make the part one that many programs do not know, and that not every host takes. */
function diagnostic({ code, enhanced, text }: SmtpReply): string | undefined {
  return code === 0 ? undefined : `smtp; ${asciiText(`${code} ${enhanced} ${text}`, LONGEST_DIAGNOSTIC)}`;
}

function recipientFields(one: RecipientStatus): string[] {
  return [
    ...field('Original-Recipient', originalRecipient(one.originalRecipient)),
    ...field('Final-Recipient', finalRecipient(one.address)),
    ...field('Action', one.action),
    ...field('Status', one.status),
    ...field('Remote-MTA', one.remoteHost === undefined ? undefined : `dns; ${one.remoteHost}`),
    ...field('Diagnostic-Code', diagnostic(one.reply)),
    ...field('Last-Attempt-Date', date(one.lastAttempt)),
    ...field('Will-Retry-Until', date(one.willRetryUntil)),
  ];
}

/** The body of a message/delivery-status part: groups of fields with an empty line between, the first about the message. */
export function formatDeliveryStatus(message: MessageStatus, recipients: readonly RecipientStatus[]): string {
  const first = [
    ...field(
      'Original-Envelope-Id',
      message.envelopeId === undefined ? undefined : decoded(message.envelopeId),
    ),
    ...field('Reporting-MTA', `dns; ${message.reportingHost}`),
    ...field('Arrival-Date', date(message.arrival)),
  ];
  return [first, ...recipients.map(recipientFields)]
    .map((group) => group.map((line) => `${line}\r\n`).join(''))
    .join('\r\n');
}
