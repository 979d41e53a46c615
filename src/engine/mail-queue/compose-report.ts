import { asciiText } from '../../base/ascii-text.ts';
import { type Timestamp, knownTime } from '../../base/instant.ts';
import { printable } from '../../base/printable.ts';
import type { QueueEntry } from '../../port/mail-queue.ts';
import { formatMailDate } from '../../wire/mail/date.ts';
import { type DeliveryReport, encodeDeliveryReport } from '../../wire/mail/delivery-report.ts';
import type { RecipientStatus } from '../../wire/mail/delivery-status.ts';
import type { PlannedReport } from './settle.ts';

/** Octets of a message that is returned whole when its sender wants so; of a larger one the header is. */
export const MAX_RETURNED = 2 ** 20;
const LONGEST_LINE = 900;

export interface ReportFacts {
  readonly to: string;
  /** The name of this host. */
  readonly hostName: string;
  /** The domain notices come from. */
  readonly domain: string;
  /** One of the entries it is about; all are of one message. */
  readonly entry: Pick<QueueEntry, 'envelopeId' | 'accepted' | 'returns' | 'size'>;
  /** Its beginning will do if it is larger than {@link MAX_RETURNED}. Undefined if it cannot be read any more. */
  readonly message: Uint8Array | undefined;
  readonly time: Timestamp;
  /** Unpredictable letters and digits. */
  readonly unique: string;
}

const SUBJECTS = {
  failure: 'Your message could not be delivered',
  delay: 'Your message is delayed',
  relayed: 'Your message was passed on',
  delivered: 'Your message was delivered',
} as const;

const FIRST_LINES = {
  failure: 'Your message could not be delivered to:',
  delay: 'Your message could not be delivered yet. There is nothing you need to do. It is still tried for:',
  relayed: 'Your message was handed to a host that sends no receipts, for:',
  delivered: 'Your message was delivered to:',
} as const;

function recipientLines({ address, reply, remoteHost, willRetryUntil }: RecipientStatus): string[] {
  const said = remoteHost === undefined ? '' : ` (said by ${remoteHost})`;
  const code = reply.code === 0 ? '' : `${reply.code} `;
  return [
    `  ${printable(address, LONGEST_LINE)}`,
    `    ${asciiText(printable(`${code}${reply.text}${said}`, LONGEST_LINE), LONGEST_LINE)}`,
    ...(willRetryUntil === undefined ? [] : [`    Tried until ${formatMailDate(willRetryUntil)}.`]),
  ];
}

/** No date is better than one of a clock that was not set. */
function known(time: Timestamp | undefined): Timestamp | undefined {
  return time === undefined ? undefined : knownTime(time);
}

/** The notice as a message, with CRLF line ends. */
export function composeReport(
  { kind, to, recipients }: PlannedReport,
  facts: ReportFacts,
): Uint8Array<ArrayBuffer> {
  const { entry, message, hostName } = facts;
  // A receipt needs no copy, and what is late may still arrive (RFC 3461 section 6.2: headers will do).
  const isWhole = kind === 'failure' && entry.returns === 'full' && entry.size <= MAX_RETURNED;
  const first =
    to === 'postmaster'
      ? ['A notice to the sender of a message could not be delivered. The notice was for:']
      : [FIRST_LINES[kind]];
  const dated = recipients.map((one) => ({
    ...one,
    lastAttempt: known(one.lastAttempt),
    willRetryUntil: known(one.willRetryUntil),
  }));
  const report: DeliveryReport = {
    to: facts.to,
    domain: facts.domain,
    subject: to === 'postmaster' ? 'A notice could not be delivered' : SUBJECTS[kind],
    text: [`This is the mail server ${hostName}.`, '', ...first, '', ...dated.flatMap(recipientLines)],
    message: { reportingHost: hostName, envelopeId: entry.envelopeId, arrival: known(entry.accepted) },
    recipients: dated,
    original: message,
    returns: isWhole ? 'full' : 'headers',
    time: known(facts.time),
    unique: facts.unique,
  };
  return encodeDeliveryReport(report);
}
