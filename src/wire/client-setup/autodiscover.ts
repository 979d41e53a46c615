import { DecodeError } from '../../base/errors.ts';
import type { ClientServer, ClientServers } from '../../base/client-setup.ts';
import { type ClientAddress, readClientAddress } from './address.ts';
import { type Xml, element, leaf, xmlDocument } from './xml.ts';

/*
 * Autodiscover as Outlook asks it for POP3 and SMTP (MS-OXDSCLI, "plain old XML").
 */

const RESPONSE = 'http://schemas.microsoft.com/exchange/autodiscover/responseschema/2006';
const OUTLOOK = 'http://schemas.microsoft.com/exchange/autodiscover/outlook/responseschema/2006a';

const NAMED: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

function failure(message: string, offset: number): DecodeError {
  return new DecodeError(message, { offset, path: 'autodiscover' });
}

/** Text with its references resolved: the five every document has and numbers. Nothing is ever expanded further. */
function unescape(text: string, offset: number): string {
  return text.replaceAll(/&([^;&]*)(;?)/g, (_, name: string, end: string) => {
    const named = NAMED[name];
    if (end === '') throw failure('A reference does not end', offset);
    if (named !== undefined) return named;
    const [, hex, decimal] = /^#(?:x([0-9a-fA-F]{1,6})|(\d{1,7}))$/.exec(name) ?? [];
    const code = hex === undefined ? Number(decimal ?? NaN) : Number.parseInt(hex, 16);
    if (!(code <= 0x10ffff)) throw failure('An entity is not known', offset);
    return String.fromCodePoint(code);
  });
}

/** The offset behind the end mark. */
function past(text: string, mark: string, from: number): number {
  const at = text.indexOf(mark, from);
  if (at < 0) throw failure(`"${mark}" is missing`, from);
  return at + mark.length;
}

/** The offset behind the tag that begins here; a `>` in a quoted value does not end it. */
function pastTag(text: string, from: number): number {
  const tag = /<[^<>"']*(?:"[^"<]*"[^<>"']*|'[^'<]*'[^<>"']*)*>/y;
  tag.lastIndex = from;
  if (!tag.test(text)) throw failure('A tag does not end', from);
  return tag.lastIndex;
}

function localName(tag: string): string {
  return /^<(?:[^\s/>:]*:)?([^\s/>:]+)/.exec(tag)?.[1] ?? '';
}

/** The text of the first element of that name, which holds no other. */
function textOf(text: string, name: string): string {
  for (let at = text.indexOf('<'); at >= 0; at = text.indexOf('<', at)) {
    if (text.startsWith('<!--', at)) at = past(text, '-->', at + 4);
    else if (text.startsWith('<?', at)) at = past(text, '?>', at + 2);
    else if (text.startsWith('<!', at)) throw failure('Declarations and entities are not read', at);
    else {
      const end = pastTag(text, at);
      const tag = text.slice(at, end);
      at = end;
      if (localName(tag) !== name || tag.endsWith('/>')) continue;
      const next = text.indexOf('<', end);
      if (next < 0 || !text.startsWith('</', next)) throw failure(`${name} holds more than text`, end);
      return unescape(text.slice(end, next), end);
    }
  }
  throw failure(`There is no ${name}`, 0);
}

/**
 * The address a request asks about. It is read from the front without building a tree: no declaration is taken, so
 * that no entity can grow. @throws DecodeError
 */
export function decodeAutodiscoverRequest(text: string): ClientAddress {
  return readClientAddress(textOf(text, 'EMailAddress'));
}

function protocol(type: 'POP3' | 'SMTP', one: ClientServer, login: string): Xml {
  const common = [
    leaf('Type', type),
    leaf('Server', one.host),
    leaf('Port', one.port),
    leaf('DomainRequired', 'off'),
    leaf('LoginName', login),
    leaf('SPA', 'off'),
    leaf('SSL', 'on'),
    // Programs that know this element take it in place of SSL.
    leaf('Encryption', one.tls === 'implicit' ? 'SSL' : 'TLS'),
    leaf('AuthRequired', 'on'),
  ];
  return element(
    'Protocol',
    type === 'POP3' ? common : [...common, leaf('UsePOPAuth', 'on'), leaf('SMTPLast', 'off')],
  );
}

/** The settings for an address: the best port to read and the best one to send. */
export function encodeAutodiscoverResponse(
  { incoming: [read], outgoing: [send] }: ClientServers,
  address: string,
): string {
  const account = element('Account', [
    leaf('AccountType', 'email'),
    leaf('Action', 'settings'),
    ...(read === undefined ? [] : [protocol('POP3', read, address)]),
    ...(send === undefined ? [] : [protocol('SMTP', send, address)]),
  ]);
  const user = element('User', [leaf('DisplayName', address)]);
  const response = element('Response', [user, account], { xmlns: OUTLOOK });
  return xmlDocument(element('Autodiscover', [response], { xmlns: RESPONSE }));
}
