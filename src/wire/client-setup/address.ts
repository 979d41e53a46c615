import { DecodeError } from '../../base/errors.ts';
import { splitMailbox } from '../smtp/mailbox-name.ts';

/** Characters of a mail address (RFC 5321 §4.5.3.1.3, without the angle brackets of a path). */
const LONGEST_ADDRESS = 254;

/** A mail address as a mail program sends it. */
export interface ClientAddress {
  readonly address: string;
  /** Lower case. */
  readonly domain: string;
}

/** Reads an address that somebody wants settings for. @throws DecodeError unless it has the form of one */
export function readClientAddress(text: string): ClientAddress {
  const address = text.trim();
  const { local, domain } = splitMailbox(address);
  const isOne = local !== '' && domain !== '' && address.length <= LONGEST_ADDRESS;
  if (!isOne || !address.isWellFormed() || /[\s\u0000-\u001f\u007f-\u009f]/.test(address))
    throw new DecodeError('This is not a mail address', { offset: 0, path: '' });
  return { address, domain };
}
