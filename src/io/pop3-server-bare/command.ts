export interface Command {
  /** Upper case. */
  readonly verb: string;
  /** Everything behind the first space: a password may contain spaces (RFC 1939 §7, PASS). */
  readonly rest: string;
}

// A terminal escape or a NUL in a name has no honest use and would travel into logs.
const CONTROL = /[\u0000-\u001f\u007f]/;

const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** UTF-8 where it is UTF-8; otherwise Latin-1, which old clients send for passwords with umlauts. */
function decodeText(bytes: Uint8Array): string {
  try {
    return strictUtf8.decode(bytes);
  } catch {
    return Buffer.from(bytes).toString('latin1');
  }
}

/** A command line without its end; undefined if it cannot be one (RFC 1939 §3). */
export function parseCommand(line: Uint8Array): Command | undefined {
  const text = decodeText(line);
  if (CONTROL.test(text)) return undefined;
  const match = /^([A-Za-z][A-Za-z0-9]{0,11})(?: (.*))?$/.exec(text);
  const verb = match?.[1];
  return verb === undefined ? undefined : { verb: verb.toUpperCase(), rest: match?.[2] ?? '' };
}

/** Between `min` and `max` unsigned numbers separated by spaces; undefined for anything else. */
export function parseNumbers(rest: string, min: number, max: number): readonly number[] | undefined {
  const words = rest.split(' ').filter((word) => word !== '');
  if (words.length < min || words.length > max) return undefined;
  return words.every((word) => /^\d{1,9}$/.test(word)) ? words.map(Number) : undefined;
}

/** Name and password of a SASL PLAIN response in base64 (RFC 4616 §2); undefined if it is none. */
export function parsePlain(base64: string): { username: string; password: string } | undefined {
  if (!/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(base64)) return undefined;
  const parts = decodeText(Buffer.from(base64, 'base64')).split('\0');
  const [authorize, username, password] = parts;
  if (parts.length !== 3 || username === undefined || username === '' || password === undefined)
    return undefined;
  // Acting for somebody else is not offered.
  if (authorize !== '' && authorize !== username) return undefined;
  return CONTROL.test(username) || CONTROL.test(password) ? undefined : { username, password };
}
