import { isAscii } from 'node:buffer';
import { asciiField } from './surrogate-fields.ts';

/** A header that has not ended by then is sent as it is: what is looked at must be in memory as a whole, and one of a stranger's making takes up to a third of a millisecond for each KiB. */
const LONGEST_HEADER = 65_536;

const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * A message for a client that did not say UTF8 (RFC 6856 §2.1): a header with UTF-8 in it is written in ASCII (RFC 6858); all else is as it was. What is
 * neither ASCII nor UTF-8 has no meaning that could be kept and is left alone.
 */
export function withAsciiHeader(message: Uint8Array): Uint8Array {
  const end = headerEnd(message) ?? message.length;
  const header = end > LONGEST_HEADER ? undefined : asciiHeader(message.subarray(0, end));
  return header === undefined ? message : Buffer.concat([header, message.subarray(end)]);
}

/** The same for a message in pieces. */
export async function* piecesWithAsciiHeader(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let first: Uint8Array | undefined = new Uint8Array();
  for await (const piece of pieces) {
    if (first === undefined) {
      yield piece;
      continue;
    }
    first = first.length === 0 ? piece : Buffer.concat([first, piece]);
    if (headerEnd(first) === undefined && first.length <= LONGEST_HEADER) continue;
    yield withAsciiHeader(first);
    first = undefined;
  }
  if (first !== undefined) yield withAsciiHeader(first);
}

/** Behind the last field, before the blank line. */
function headerEnd(message: Uint8Array): number | undefined {
  const bytes = Buffer.from(message.buffer, message.byteOffset, message.length);
  const strict = bytes.indexOf('\r\n\r\n');
  const loose = bytes.subarray(0, strict < 0 ? undefined : strict + 2).indexOf('\n\n');
  if (loose >= 0) return loose + 1;
  return strict < 0 ? undefined : strict + 2;
}

/** Undefined if it can stay as it is. */
function asciiHeader(header: Uint8Array): Uint8Array | undefined {
  if (isAscii(header)) return undefined;
  let text: string;
  try {
    text = strictUtf8.decode(header);
  } catch {
    return undefined;
  }
  const fields = text.split(/\r?\n(?![ \t])/).filter((field) => field !== '');
  const kept = fields.flatMap((field) => asciiLines(field) ?? []);
  return Buffer.from(kept.map((field) => `${field}\r\n`).join(''), 'latin1');
}

function asciiLines(field: string): string | undefined {
  if (isAscii(Buffer.from(field))) return field;
  const colon = field.indexOf(':');
  const name = field.slice(0, Math.max(0, colon)).trim();
  const body = asciiField(
    name,
    field
      .slice(colon + 1)
      .replaceAll(/\r?\n/g, '')
      .trim(),
  );
  return body === undefined ? undefined : `${name}: ${body}`;
}
