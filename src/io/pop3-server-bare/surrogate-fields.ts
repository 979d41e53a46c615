/** In place of an address that cannot be written in ASCII (RFC 6858 §2.1). Nobody can answer to it. */
const UNWRITABLE = 'invalid@internationalized-address.invalid';

const ADDRESS_FIELDS =
  /^(?:resent-)?(?:from|sender|to|cc|bcc|reply-to)$|^(?:return-path|disposition-notification-to)$/;
const TEXT_FIELDS = /^(?:subject|comments|keywords|content-description)$/;
const PARAMETER_FIELDS = /^content-(?:type|disposition)$/;

const NOT_ASCII = /[^\u0000-\u007f]/;

/** A header field, unfolded, in ASCII; undefined if nothing can be kept of it (RFC 6858 §2.4). */
export function asciiField(name: string, body: string): string | undefined {
  const kind = name.toLowerCase();
  if (TEXT_FIELDS.test(kind)) return encodedText(body);
  if (ADDRESS_FIELDS.test(kind)) return asciiAddresses(body);
  if (PARAMETER_FIELDS.test(kind)) return asciiParameters(body);
  return undefined;
}

/**
 * Encoded words (RFC 2047) for the words that need them; what stands between two such words is part of them, as readers drop it otherwise. Every pattern here goes
 * over a text once: fields come from strangers, and one that is tried again from each place of a quarter of a megabyte takes half a minute.
 */
function encodedText(text: string): string {
  let output = '';
  /** Words that need it, as far as they have come, and the blanks behind them. */
  let words = '';
  let blanks = '';
  for (const [part] of text.matchAll(/[ \t]+|[^ \t]+/g)) {
    if (NOT_ASCII.test(part)) {
      words += words === '' ? part : blanks + part;
      blanks = '';
    } else if (words !== '' && isBlank(part)) blanks = part;
    else {
      output += encodedWords(words) + blanks + part;
      [words, blanks] = ['', ''];
    }
  }
  return output + encodedWords(words) + blanks;
}

function isBlank(part: string): boolean {
  return part.startsWith(' ') || part.startsWith('\t');
}

/** One encoded word holds whole characters and at most 75 octets (RFC 2047 §2). */
function encodedWords(text: string): string {
  if (text === '') return '';
  const words: string[] = [];
  let word = '';
  let octets = 0;
  for (const character of text) {
    const more = Buffer.byteLength(character);
    if (octets + more > 45) {
      words.push(word);
      [word, octets] = ['', 0];
    }
    word += character;
    octets += more;
  }
  return [...words, word].map((one) => `=?UTF-8?B?${Buffer.from(one).toString('base64')}?=`).join('\r\n ');
}

/** One quoted string, comment or address in brackets; or one of the marks between mailboxes and groups (RFC 5322 §3.4); or anything else. What is not closed goes to the end. */
const ADDRESS_PART =
  /"(?:[^"\\]|\\.)*(?:"|\\?$)|\((?:[^()\\]|\\.)*(?:\)|(?=\()|\\?$)|<[^>]*>?|[,:;]|[^"(<,:;]+/gs;

const CLOSED_QUOTES = /^"(?:[^"\\]|\\.)*"$/s;

/** A quote or bracket that is never closed means nothing, nor do those behind it: without them the addresses that follow are kept. */
function addressParts(body: string): readonly string[] {
  const parts = body.match(ADDRESS_PART) ?? [];
  const last = parts.at(-1) ?? '';
  const isOpen = last.startsWith('<')
    ? !last.endsWith('>')
    : last.startsWith('"') && !CLOSED_QUOTES.test(last);
  if (!isOpen) return parts;
  return [...parts.slice(0, -1), ...addressParts(last.replaceAll(last.charAt(0), ''))];
}

function asciiAddresses(body: string): string {
  const output: string[] = [];
  let mailbox: string[] = [];
  for (const part of addressParts(body)) {
    if (!/^[,:;]$/.test(part)) mailbox.push(part);
    else {
      output.push(part === ':' ? asciiPhrase(mailbox.join('')) : asciiMailbox(mailbox), part, ' ');
      mailbox = [];
    }
  }
  output.push(asciiMailbox(mailbox));
  return output.join('').trim();
}

function asciiMailbox(parts: readonly string[]): string {
  const text = parts.join('').trim();
  if (!NOT_ASCII.test(text)) return text;
  const route = parts.find((part) => part.startsWith('<'));
  const phrase = parts.filter((part) => part !== route && !part.startsWith('(')).join('');
  if (route === undefined) return `${asciiPhrase(phrase)} <${UNWRITABLE}>`;
  const address = route.slice(1, -1);
  if (!NOT_ASCII.test(address)) return `${asciiPhrase(phrase)} <${address}>`;
  return `${asciiPhrase(phrase.trim() === '' ? address : phrase)} <${UNWRITABLE}>`;
}

function asciiPhrase(phrase: string): string {
  const text = phrase.trim();
  if (!NOT_ASCII.test(text)) return text;
  const quoted = /^"(.*)"$/s.exec(text)?.[1];
  return encodedWords(quoted === undefined ? text : quoted.replaceAll(/\\(.)/gs, '$1'));
}

/** Parameters such as file names in the form of RFC 2231 §4. */
function asciiParameters(body: string): string | undefined {
  const ascii = body.replaceAll(
    /(?<![A-Za-z0-9-])([A-Za-z0-9-]+)=(?:"((?:[^"\\]|\\.)*)"|([^\s;"]+))/gs,
    (all: string, name: string, quoted: string | undefined, plain: string | undefined) => {
      const value = quoted?.replaceAll(/\\(.)/gs, '$1') ?? plain ?? '';
      return NOT_ASCII.test(value) ? `${name}*=UTF-8''${percentEncoded(value)}` : all;
    },
  );
  return NOT_ASCII.test(ascii) ? undefined : ascii;
}

function percentEncoded(value: string): string {
  return encodeURIComponent(value).replaceAll(/[!'()*]/g, (mark) => `%${mark.charCodeAt(0).toString(16)}`);
}
