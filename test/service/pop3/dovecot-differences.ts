import type { Difference, Explanation } from './compare-answers.ts';

const isOk = (reply: string): boolean => reply.startsWith('+OK');

function weRefuse({ ours, theirs }: Difference): boolean {
  return ours === '-ERR' && isOk(theirs);
}

function weObey({ ours, theirs }: Difference): boolean {
  return isOk(ours) && theirs.startsWith('-ERR');
}

const EXPLAINED_CAPABILITIES = new Set([
  'CAPA',
  'USER',
  'SASL PLAIN',
  'UTF8 USER',
  'LANG',
  'STLS',
  'IMPLEMENTATION Gatepost',
]);

/** The capabilities whose difference is not explained. */
function otherCapabilities(reply: string): string {
  const names = reply.replaceAll(/^\+OK "|"$/g, '').split(String.raw`\r\n`);
  return names.filter((name) => name !== '' && !EXPLAINED_CAPABILITIES.has(name)).join(' ');
}

const always = (): boolean => true;
/** Done by one server and not by the other, it changes what later commands see. */
const changesMarks = ({ command }: Difference): boolean => /^(?:DELE|RSET)\b/i.test(command);

/** Every way in which we are known to differ from Dovecot 2.3, and why it stays. A difference that none of these fits fails the test. */
export const DIFFERENCES: readonly Explanation[] = [
  {
    id: 'capabilities',
    why:
      'RFC 2449 §5 wants what holds before the login listed in both states: Dovecot leaves USER and SASL out after it. It lists CAPA, which is no ' +
      'capability of any RFC. UTF8 and LANG (RFC 6856) it does not have, and STLS is not set up in it here.',
    fits: ({ command, ours, theirs }) =>
      /^CAPA$/i.test(command) &&
      isOk(ours) &&
      isOk(theirs) &&
      otherCapabilities(ours) === otherCapabilities(theirs),
  },
  {
    id: 'languages',
    why: 'Dovecot has no LANG (RFC 6856 §3).',
    fits: (difference) => /^LANG\b/i.test(difference.command) && weObey(difference),
  },
  {
    id: 'utf8',
    why: 'Dovecot has no UTF8 (RFC 6856 §2). Nothing else changes by it where no header is in UTF-8.',
    fits: (difference) => /^UTF8$/i.test(difference.command) && weObey(difference),
  },
  {
    id: 'header-in-utf8',
    why: 'Without UTF8 a header in UTF-8 is sent in ASCII (RFC 6856 §2.1, RFC 6858); Dovecot sends it as it is.',
    fits: ({ command, ours, theirs }) =>
      /^(?:RETR|TOP)\b/i.test(command) && ours.includes('=?UTF-8?B?') && theirs.includes('\u00c3\u00bc'),
  },
  {
    id: 'arguments-of-none',
    why: 'A command that has no arguments in RFC 1939 is refused with one; Dovecot overlooks it. What a client meant is not guessed.',
    fits: (difference) =>
      difference.isLoggedIn && /^(?:STAT|NOOP|RSET) +\S/i.test(difference.command) && weRefuse(difference),
    diverges: changesMarks,
  },
  {
    id: 'space-at-the-end',
    why: 'A space at the end of a line is overlooked; Dovecot takes it for a second argument. People type it, and nothing else can be meant.',
    fits: (difference) => /^[A-Z]+(?: \d+)* +$/i.test(difference.command) && weObey(difference),
    diverges: changesMarks,
  },
  {
    id: 'empty-message',
    why: 'A message of no octets, or a top without any, is sent as no line at all, as its size says; Dovecot sends one empty line.',
    fits: ({ command, ours, theirs }) =>
      /^(?:RETR|TOP)\b/i.test(command) && ours === '+OK ""' && theirs === String.raw`+OK "\r\n"`,
  },
  {
    id: 'dot-at-the-beginning',
    why: 'RFC 1939 §3 wants a dot before every line that begins with one: Dovecot forgets it for the first line of a message, and the reply ends there.',
    fits: ({ command, ours, theirs }) =>
      /^(?:RETR|TOP)\b/i.test(command) && ours.startsWith('+OK "..') && theirs === '+OK ""',
    diverges: always,
  },
  {
    id: 'unreadable-response',
    why: 'A response to AUTH that is no base64 is a mistake of the program, not of the password: [AUTH] would make it ask the user for another one (RFC 3206 §4).',
    fits: ({ isLoggedIn, ours, theirs }) => !isLoggedIn && ours === '-ERR' && theirs === '-ERR [AUTH]',
  },
  {
    id: 'bad-commands-before-login',
    why: 'Dovecot closes at the third bad command before the login, we at the twentieth, as after it: what is guessed at there costs us no more than later.',
    fits: (difference) =>
      !difference.isLoggedIn &&
      (difference.theirs === 'closed' || (/^USER\b/i.test(difference.command) && weObey(difference))),
    diverges: always,
  },
  {
    id: 'twentieth-bad-command',
    why: 'We close with the twentieth bad command, Dovecot with the one after it.',
    fits: ({ isLoggedIn, ours, theirs }) => isLoggedIn && ours === 'closed' && theirs === '-ERR',
    diverges: always,
  },
  {
    id: 'long-line',
    why: 'A line that is too long is refused and skipped to its end; Dovecot closes the connection over it.',
    fits: ({ isLoggedIn, previous, theirs }) => isLoggedIn && previous.length > 1000 && theirs === 'closed',
    diverges: always,
  },
];
