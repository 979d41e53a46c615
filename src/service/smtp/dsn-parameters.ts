import type { SMTPServerAddress } from 'smtp-server';
import type { NotifyWish } from '../../port/mail-queue.ts';
import { decodeXtext } from '../../wire/smtp/xtext.ts';
import { Refusal } from './refusal.ts';

/** RFC 3461 §4.2 and §4.4, in xtext. */
const LONGEST_ORCPT = 500;
const LONGEST_ENVID = 100;

const WISHES: Readonly<Record<string, NotifyWish>> = {
  SUCCESS: 'success',
  FAILURE: 'failure',
  DELAY: 'delay',
};

/** What a sender wants to be told of a recipient. */
export interface RecipientWishes {
  readonly notify: readonly NotifyWish[] | undefined;
  /** ORCPT as it was given. */
  readonly originalRecipient: string | undefined;
}

function valueOf({ args }: SMTPServerAddress, keyword: string): string | undefined {
  const value = args === false ? undefined : args[keyword];
  return typeof value === 'string' ? value : undefined;
}

function bad(keyword: string): Refusal {
  return new Refusal({ code: 501, enhanced: '5.5.4', text: `The value of ${keyword} cannot be read` });
}

/** NOTIFY and ORCPT of a recipient (RFC 3461 §4.1 and §4.2). smtp-server has checked NOTIFY. @throws Refusal */
export function recipientWishes(address: SMTPServerAddress): RecipientWishes {
  const originalRecipient = valueOf(address, 'ORCPT');
  if (originalRecipient !== undefined) {
    const [, type, xtext = ''] = /^([A-Za-z0-9-]+);(.*)$/s.exec(originalRecipient) ?? [];
    const isReadable = type !== undefined && isText(xtext, type);
    if (!isReadable || originalRecipient.length > LONGEST_ORCPT) throw bad('ORCPT');
  }
  const notify = valueOf(address, 'NOTIFY')
    ?.split(',')
    .flatMap((word) => WISHES[word.toUpperCase()] ?? []);
  return { notify: notify && [...new Set(notify)], originalRecipient };
}

/** RFC 6533 §3: an address in UTF-8 is no xtext. */
function isText(text: string, type: string): boolean {
  if (text === '') return false;
  return type.toLowerCase() === 'utf-8'
    ? /^[!-*,-<>-\u007e\u00a0-\uffff+]+$/.test(text)
    : decodeXtext(text) !== undefined;
}

/** ENVID of a message as it was given (RFC 3461 §4.4). @throws Refusal */
export function envelopeIdOf(address: SMTPServerAddress): string | undefined {
  const xtext = valueOf(address, 'ENVID');
  if (xtext === undefined) return undefined;
  if (xtext.length > LONGEST_ENVID || decodeXtext(xtext) === undefined) throw bad('ENVID');
  return xtext;
}

/** The size that MAIL announces (RFC 1870); 0 if it does not. */
export function announcedSize(address: SMTPServerAddress | false): number {
  return address === false ? 0 : Number(valueOf(address, 'SIZE') ?? 0);
}
