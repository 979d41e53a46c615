import { DecodeError } from '../../base/errors.ts';
import { LONGEST_ADDRESS, splitMailbox } from '../smtp/mailbox-name.ts';

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
