import { DecodeError } from '../../base/errors.ts';

/** MAIL and RCPT (RFC 5321 §4.1.1.2 and §4.1.1.3). */
export interface PathCommand {
  /** Without brackets and source route, as it was spelled; empty for `<>`. */
  readonly address: string;
  /** Keywords in upper case; `true` for one without a value. Values as they were spelled. */
  readonly parameters: ReadonlyMap<string, string | true>;
  /** A keyword that is there twice, which makes the command wrong (RFC 3461 §4). */
  readonly duplicate: string | undefined;
}

// A quoted local part may have spaces and `>` in it; anything else ends at the bracket.
const PATH = /^[ \t]*<((?:"(?:[^"\\]|\\.)*"|[^"<>\s])*)>/;
const ROUTE = /^@[^\s,:@]+(?:,@[^\s,:@]+)*:/;
/** Control characters, and those nobody sees: they only serve to forge log lines and look-alikes. */
const UNSAFE = /[\u0000-\u001f\u007f-\u009f\u200b\u2060\ufeff]/;

/**
 * Reads a command line. More is let through than RFC 5321 allows: spaces around the path, and any address that has a local part and a domain; what is in them
 * has to be looked at by whoever uses them. A source route is left out (RFC 5321 §4.1.2).
 * @throws DecodeError
 */
export function decodePathCommand(verb: 'MAIL FROM' | 'RCPT TO', line: string): PathCommand {
  const colon = line.indexOf(':');
  const head = line.slice(0, Math.max(colon, 0)).trim().toUpperCase();
  if (head !== verb) throw new DecodeError(`wanted is ${verb}:<address>`, { offset: 0, path: 'verb' });
  const rest = line.slice(colon + 1);
  const path = PATH.exec(rest);
  const after = rest.slice(path?.[0].length ?? 0);
  if (path === null || !/^(?:[ \t]|$)/.test(after)) {
    throw new DecodeError('the address does not stand in <>', { offset: colon + 1, path: 'path' });
  }
  const address = (path[1] ?? '').replace(ROUTE, '');
  if (!isMailbox(verb, address))
    throw new DecodeError('the address is not complete', { offset: colon + 1, path: 'path' });
  return { address, ...decodeParameters(after) };
}

function isMailbox(verb: string, address: string): boolean {
  if (UNSAFE.test(address)) return false;
  if (address === '') return verb === 'MAIL FROM';
  if (verb === 'RCPT TO' && address.toLowerCase() === 'postmaster') return true;
  return /^(?:"(?:[^"\\]|\\.)*"|[^"@\s]+)@[^"@\s]+$/.test(address);
}

function decodeParameters(text: string): Pick<PathCommand, 'parameters' | 'duplicate'> {
  const parameters = new Map<string, string | true>();
  let duplicate: string | undefined;
  for (const word of text.split(/[ \t]+/)) {
    const equals = word.indexOf('=');
    const keyword = (equals < 0 ? word : word.slice(0, equals)).toUpperCase();
    if (keyword === '') continue;
    if (parameters.has(keyword)) duplicate = keyword;
    parameters.set(keyword, equals < 0 ? true : word.slice(equals + 1) || true);
  }
  return { parameters, duplicate };
}
