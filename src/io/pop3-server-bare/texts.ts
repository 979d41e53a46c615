/** Every sentence of the server, so that LANG can choose another language (RFC 6856 §3). One line each; no `[` at the beginning. */
export interface Pop3Texts {
  readonly ready: string;
  readonly bye: string;
  readonly languageChosen: string;
  readonly languageList: string;
  readonly noSuchLanguage: (tag: string) => string;
  readonly capabilityList: string;
  readonly mechanismList: string;
  readonly sendPassword: string;
  readonly userFirst: string;
  readonly tlsFirst: string;
  readonly beginTls: string;
  readonly noTls: string;
  readonly noTlsAfterUtf8: string;
  readonly utf8On: string;
  readonly loginAbandoned: string;
  readonly unreadableResponse: string;
  readonly wrongLogin: string;
  readonly tooManyFailures: string;
  readonly inUse: string;
  readonly tooSoon: (seconds: number) => string;
  readonly cannotOpen: string;
  readonly damagedMaildrop: string;
  readonly maildrop: (summary: string) => string;
  readonly summary: (count: number, octets: number) => string;
  readonly nothingDone: string;
  readonly marked: (number: number) => string;
  readonly octets: (octets: number) => string;
  readonly topFollows: string;
  readonly noSuchMessage: string;
  readonly cannotRead: (number: number) => string;
  readonly notRemoved: string;
  readonly usage: (usage: string) => string;
  readonly notBeforeLogin: (verb: string) => string;
  readonly notAfterLogin: (verb: string) => string;
  readonly unreadableCommand: string;
  readonly lineTooLong: (most: number) => string;
  readonly tooManyBadCommands: string;
}

export const ENGLISH: Pop3Texts = {
  ready: 'POP3 server ready',
  bye: 'Bye',
  languageChosen: 'English from now on',
  languageList: 'Language listing follows',
  noSuchLanguage: (tag) => `Cannot speak ${tag}: LANG without a language lists those there are`,
  capabilityList: 'Capability list follows',
  mechanismList: 'Mechanisms follow',
  sendPassword: 'Send the password',
  userFirst: 'USER must come first',
  tlsFirst:
    'Cannot log in without encryption: use STLS first, or the TLS port 995; the password would cross the network readable (RFC 8314)',
  beginTls: 'Begin TLS negotiation',
  noTls: 'Cannot start TLS: it is running already or not set up',
  noTlsAfterUtf8: 'Cannot start TLS after UTF8: STLS must come first',
  utf8On: 'UTF-8 from now on',
  loginAbandoned: 'Login abandoned',
  unreadableResponse: 'Cannot read the response to AUTH PLAIN',
  wrongLogin: 'Name and password do not fit',
  tooManyFailures: 'Too many failed logins from your network, try again later',
  inUse: 'Another session has this mailbox open',
  tooSoon: (seconds) => `The last login was a short time ago, try again in ${seconds} seconds`,
  cannotOpen: 'The mailbox cannot be opened now, try again later',
  damagedMaildrop: 'The mailbox is damaged',
  maildrop: (summary) => `Maildrop has ${summary}`,
  summary: (count, octets) => `${count} ${count === 1 ? 'message' : 'messages'} (${octets} octets)`,
  nothingDone: 'Nothing done',
  marked: (number) => `Message ${number} will be deleted`,
  octets: (octets) => `${octets} octets`,
  topFollows: 'Top follows',
  noSuchMessage: 'No such message',
  cannotRead: (number) => `Message ${number} cannot be read now`,
  notRemoved: 'Deleted messages were not removed',
  usage: (usage) => `Usage: ${usage}`,
  notBeforeLogin: (verb) => `Cannot obey ${verb} here: there is no such command before the login`,
  notAfterLogin: (verb) => `Cannot obey ${verb} here: there is no such command after the login`,
  unreadableCommand: 'Cannot read the command',
  lineTooLong: (most) => `Command line too long: at most ${most} octets`,
  tooManyBadCommands: 'Too many bad commands',
};
