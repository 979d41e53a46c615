import { findFields } from '../../wire/mail/find-fields.ts';
import { countFields } from '../../wire/mail/count-fields.ts';
import { isHeaderLonger } from '../../wire/mail/header-length.ts';
import { headerOf } from '../../wire/mail/message-parts.ts';
import type { ForbiddenOctet } from '../../wire/smtp/forbidden-octet.ts';
import type { SmtpLimits } from './limits.ts';
import type { MessageBuffer } from './message-buffer.ts';
import { Refusal } from './refusal.ts';

/** The longest address that Delivered-To can hold. */
const LONGEST_FIELD = 320;
/** Delivered-To fields that are looked at; a message that came through more has too many Received fields as well. */
const MOST_FIELDS = 1000;

/**
 * The enhanced code of the refusal of octets that can be read in two ways. The connection ends with it: the sender may have meant what follows as a part of the
 * message ("SMTP smuggling").
 */
export const AMBIGUOUS = '5.6.0';

/** Refuses a message that did not fit. @throws Refusal */
export function checkSize({ state }: MessageBuffer, { messageSize }: SmtpLimits): void {
  if (state === 'too-large') {
    const text = `The message is larger than ${messageSize} octets`;
    throw new Refusal({ code: 552, enhanced: '5.3.4', text });
  }
  if (state === 'no-room') {
    const text = 'Too much mail is coming in, try again later';
    throw new Refusal({ code: 452, enhanced: '4.3.1', text });
  }
}

/** Refuses a message with such an octet, which makes it ambiguous. @throws Refusal */
export function checkOctets(forbidden: ForbiddenOctet | undefined): void {
  if (forbidden === undefined) return;
  const text = `The message has a ${forbidden} in it: lines end with CR LF (RFC 5321 section 2.3.8)`;
  throw new Refusal({ code: 550, enhanced: AMBIGUOUS, text });
}

/** Refuses a message whose header is too long, or that is in a loop: it has passed too many hosts, or has been delivered to one of these `recipients` before. @throws Refusal */
export function checkContent(
  message: Uint8Array,
  recipients: readonly string[],
  { headerSize, receivedFields }: SmtpLimits,
): void {
  if (isHeaderLonger(message, headerSize)) {
    const text = `The header of the message is larger than ${headerSize} octets`;
    throw new Refusal({ code: 552, enhanced: '5.3.4', text });
  }
  const header = headerOf(message, headerSize);
  if (countFields(header, 'Received') > receivedFields) {
    const text = 'The message is in a loop: too many Received fields';
    throw new Refusal({ code: 554, enhanced: '5.4.6', text });
  }
  const delivered = findFields(header, {
    name: 'Delivered-To',
    octets: LONGEST_FIELD,
    most: MOST_FIELDS,
  });
  const before = new Set(delivered.map((address) => address.toLowerCase()));
  const again = recipients.find((address) => before.has(address.toLowerCase()));
  if (again !== undefined) {
    const text = `The message is in a loop: it has been delivered to <${again}> before`;
    throw new Refusal({ code: 554, enhanced: '5.4.6', text });
  }
}
