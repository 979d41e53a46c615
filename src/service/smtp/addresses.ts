import { domainToASCII } from 'node:url';
import { LONGEST_ADDRESS, isHostName, needsUtf8, splitMailbox } from '../../wire/smtp/mailbox-name.ts';
import { Refusal } from './refusal.ts';

/** Dot-string and Quoted-string of RFC 5321 §4.1.2, dots anywhere: machines of the office send alarms from addresses such as `ilo.@office.example`. */
const LOCAL = /^(?:[A-Za-z0-9!#$%&'*+/=?^_`{|}~.\u0080-\uffff-]+|"(?:[^"\\\r\n]|\\.)*")$/;

/** In headers and comparisons domains have the form of the DNS. */
export function inDnsForm(address: string): string {
  const { local, domain } = splitMailbox(address);
  if (domain === '' || domain.startsWith('[')) return address;
  return `${local}@${domainToASCII(domain) || domain}`;
}

function isUsable(address: string): boolean {
  const { local, domain } = splitMailbox(address);
  if (address.length > LONGEST_ADDRESS || !LOCAL.test(local)) return false;
  return domain === '' || /^\[[0-9a-z.:]+\]$/.test(domain) || isHostName(domainToASCII(domain));
}

/** Refuses what may not stand in headers and logs, and UTF-8 that was not announced. `badSyntax` is the enhanced code. @throws Refusal */
export function checkAddress(address: string, isUtf8Announced: boolean, badSyntax: string): void {
  if (!isUsable(address)) {
    throw new Refusal({ code: 501, enhanced: badSyntax, text: 'The address cannot be read' });
  }
  const { local } = splitMailbox(address);
  if (local.includes('\ufffd')) {
    throw new Refusal({ code: 553, enhanced: '5.6.7', text: 'The address is not UTF-8' });
  }
  if (!isUtf8Announced && needsUtf8(local)) {
    throw new Refusal({ code: 553, enhanced: '5.6.7', text: 'Such an address wants SMTPUTF8' });
  }
}
