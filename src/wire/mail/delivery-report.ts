import { concatBytes } from '../../base/bytes.ts';
import type { Timestamp } from '../../base/instant.ts';
import { utf8 } from '../../base/text.ts';
import { formatMailDate } from './date.ts';
import { type MessageStatus, type RecipientStatus, formatDeliveryStatus } from './delivery-status.ts';
import { headerOf, isEightBit } from './message-parts.ts';

/** A notice about the delivery of a message (RFC 3464), from one who takes no answers. */
export interface DeliveryReport {
  /** Whom it is for, as written in `To`. */
  readonly to: string;
  /** The domain of its sender and of its Message-ID. */
  readonly domain: string;
  readonly subject: string;
  /** For people, in whole lines without line ends. */
  readonly text: readonly string[];
  readonly message: MessageStatus;
  readonly recipients: readonly RecipientStatus[];
  /** The message it is about; undefined if it cannot be read any more. */
  readonly original: Uint8Array | undefined;
  readonly returns: 'full' | 'headers';
  /** Undefined if the time is not known. */
  readonly time: Timestamp | undefined;
  /** Unpredictable, of letters and digits: no message must contain it. */
  readonly unique: string;
}

/** Octets of a header that are returned; what is longer is cut at the end of a line. */
export const MAX_RETURNED_HEADER = 64 * 2 ** 10;
const LF = 10;

/** RFC 6522 section 3 and RFC 6533 section 4: UTF-8 in what is returned wants the types made for it. */
function returnedPart({ original, returns }: DeliveryReport): {
  readonly type: string;
  readonly content: Uint8Array;
} {
  const header = headerOf(original ?? new Uint8Array(0), MAX_RETURNED_HEADER);
  const isGlobal = isEightBit(header);
  if (returns === 'full' && original !== undefined)
    return { type: isGlobal ? 'message/global' : 'message/rfc822', content: original };
  return { type: isGlobal ? 'message/global-headers' : 'text/rfc822-headers', content: header };
}

function part(type: string, content: Uint8Array): Uint8Array {
  const encoding = isEightBit(content) ? '8bit' : '7bit';
  return concatBytes([
    utf8(`Content-Type: ${type}\r\nContent-Transfer-Encoding: ${encoding}\r\n\r\n`),
    content,
    utf8(content.at(-1) === LF || content.length === 0 ? '' : '\r\n'),
  ]);
}

function headerLines(report: DeliveryReport, boundary: string, encoding: string): string {
  const { domain, unique } = report;
  return [
    `From: Mail Delivery System <MAILER-DAEMON@${domain}>`,
    `To: <${report.to}>`,
    `Subject: ${report.subject}`,
    ...(report.time === undefined ? [] : [`Date: ${formatMailDate(report.time)}`]),
    `Message-ID: <${unique}@${domain}>`,
    // RFC 3834 section 5: nobody answers this by a machine.
    'Auto-Submitted: auto-replied',
    'MIME-Version: 1.0',
    `Content-Type: multipart/report; report-type=delivery-status;\r\n\tboundary="${boundary}"`,
    `Content-Transfer-Encoding: ${encoding}`,
  ].join('\r\n');
}

/** The whole message, with CRLF line ends: what people read, what programs read, and what it is about. */
export function encodeDeliveryReport(report: DeliveryReport): Uint8Array<ArrayBuffer> {
  const status = formatDeliveryStatus(report.message, report.recipients);
  const returned = returnedPart(report);
  const isGlobal = isEightBit(utf8(status));
  const parts = [
    part('text/plain; charset=utf-8', utf8(report.text.map((line) => `${line}\r\n`).join(''))),
    part(isGlobal ? 'message/global-delivery-status' : 'message/delivery-status', utf8(status)),
    part(returned.type, returned.content),
  ];
  const boundary = `=_${report.unique}`;
  const encoding = parts.some(isEightBit) ? '8bit' : '7bit';
  return concatBytes([
    utf8(`${headerLines(report, boundary, encoding)}\r\n\r\nThis is a MIME message.\r\n`),
    ...parts.flatMap((one) => [utf8(`\r\n--${boundary}\r\n`), one]),
    utf8(`\r\n--${boundary}--\r\n`),
  ]);
}
