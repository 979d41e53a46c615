import { type Timestamp, knownTime } from '../../base/instant.ts';
import { utf8 } from '../../base/text.ts';
import { countFields } from './count-fields.ts';
import { formatMailDate } from './date.ts';

/** What the fields of a message that begins its way here are made of. */
export interface Origin {
  readonly time: Timestamp;
  /** Unique for ever at this host; printable, without spaces. */
  readonly id: string;
  readonly host: string;
}

/**
 * Date and Message-ID, as far as the message has none (RFC 6409 §8.2 and §8.3), to be put in front of it. By a clock that was not set no Date is made up: hosts that filter
 * take one of 1970 for a worse sign than none, and the next host that knows the time may add it.
 */
export function encodeOriginFields(message: Uint8Array, { time, id, host }: Origin): Uint8Array<ArrayBuffer> {
  const known = knownTime(time);
  const hasDate = known === undefined || countFields(message, 'Date') > 0;
  const date = hasDate ? '' : `Date: ${formatMailDate(known)}\r\n`;
  const name = countFields(message, 'Message-ID') > 0 ? '' : `Message-ID: <${id}@${host}>\r\n`;
  return utf8(date + name);
}
