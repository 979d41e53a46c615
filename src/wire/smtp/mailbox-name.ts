import { asciiLower } from '../../base/text.ts';

/** An address of an envelope (RFC 5321 §4.1.2). */
export interface MailboxName {
  /** As sent. Only the receiving host may say which spellings are the same. */
  readonly local: string;
  /** Lower case; empty for the `postmaster` without a domain (RFC 5321 §4.5.1). */
  readonly domain: string;
}

/** Characters of a mail address: those of a path without its angle brackets (RFC 5321 §4.5.3.1.3). */
export const LONGEST_ADDRESS = 254;

/** Splits an address at its last `@`. */
export function splitMailbox(address: string): MailboxName {
  const at = address.lastIndexOf('@');
  if (at < 0) return { local: address, domain: '' };
  return { local: address.slice(0, at), domain: asciiLower(address.slice(at + 1)) };
}

/** What a local part means that is written as a Quoted-string (RFC 5321 §4.1.2): `"alice"` is `alice`. */
export function unquoted(local: string): string {
  const quoted = /^"(.*)"$/s.exec(local)?.[1];
  return quoted === undefined ? local : quoted.replaceAll(/\\(.)/gs, '$1');
}

/** The local part without `+detail`, or undefined if it has none: `alice+shop` is `alice` (RFC 5233 §1). */
export function withoutDetail(local: string): string | undefined {
  const plus = local.indexOf('+');
  return plus > 0 ? local.slice(0, plus) : undefined;
}

/** Whether a local part needs SMTPUTF8 (RFC 6531 §3.2). */
export function needsUtf8(local: string): boolean {
  return /[\u0080-\uffff]/.test(local);
}

const LABEL = '[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?';
const HOST_NAME = new RegExp(`^(?=.{1,253}$)${LABEL}(?:\\.${LABEL})*$`);

/** Whether it is a Domain of RFC 5321 §4.1.2 in ASCII; `_` is let through, as the names of many machines have one. */
export function isHostName(text: string): boolean {
  return HOST_NAME.test(text);
}
