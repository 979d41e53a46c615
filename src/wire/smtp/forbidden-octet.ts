const NUL = 0;
const LF = 10;
const CR = 13;

export type ForbiddenOctet = 'bare CR' | 'bare LF' | 'NUL';

/**
 * The first octet no mail may contain (RFC 5321 §2.3.8 and §4.5.2, RFC 5322 §2.3): CR and LF outside of CRLF, which
 * others take for line ends and so for the end of the message ("SMTP smuggling"), and NUL.
 */
export function findForbiddenOctet(message: Uint8Array): ForbiddenOctet | undefined {
  for (let at = 0; at < message.length; at++) {
    const octet = message[at] ?? NUL;
    if (octet > CR) continue;
    if (octet === NUL) return 'NUL';
    if (octet === LF) return 'bare LF';
    if (octet !== CR) continue;
    if (message[at + 1] !== LF) return 'bare CR';
    at++;
  }
  return undefined;
}
