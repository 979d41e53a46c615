import { concatBytes } from '../../base/bytes.ts';
import { InvariantError } from '../../base/errors.ts';
import { latin1, utf8 } from '../../base/text.ts';

/**
 * The few ASN.1 types a certificate is made of, in DER (ITU-T X.690). Each function returns a whole
 * tag-length-value; what they are given is our own, so a value that does not fit is our own bug.
 */
export type Der = Uint8Array<ArrayBuffer>;

const TAG = {
  BOOLEAN: 0x01,
  INTEGER: 0x02,
  BIT_STRING: 0x03,
  OCTET_STRING: 0x04,
  OBJECT_IDENTIFIER: 0x06,
  UTF8_STRING: 0x0c,
  UTC_TIME: 0x17,
  GENERALIZED_TIME: 0x18,
  SEQUENCE: 0x30,
  SET: 0x31,
} as const;

/** X.690 §8.1.3 with the shortest form, as §10.1 wants. */
function encodeLength(length: number): number[] {
  if (length < 0x80) return [length];
  const octets: number[] = [];
  for (let rest = length; rest > 0; rest = Math.floor(rest / 256)) octets.unshift(rest % 256);
  return [0x80 | octets.length, ...octets];
}

function encode(tag: number, content: Uint8Array): Der {
  return concatBytes([Uint8Array.of(tag, ...encodeLength(content.length)), content]);
}

export function sequence(...parts: readonly Uint8Array[]): Der {
  return encode(TAG.SEQUENCE, concatBytes(parts));
}

/** A SET OF with one member: with more, DER would want them sorted. */
export function setOfOne(member: Uint8Array): Der {
  return encode(TAG.SET, member);
}

export function boolean(value: boolean): Der {
  return encode(TAG.BOOLEAN, Uint8Array.of(value ? 0xff : 0));
}

/** A non-negative integer from its octets, most significant first. */
export function integer(octets: Uint8Array): Der {
  let start = 0;
  while (start < octets.length - 1 && octets[start] === 0) start++;
  const shortest = octets.subarray(start);
  // A set top bit would make it negative (§8.3.3).
  const isHigh = (shortest[0] ?? 0) >= 0x80 || shortest.length === 0;
  return encode(TAG.INTEGER, isHigh ? concatBytes([Uint8Array.of(0), shortest]) : shortest);
}

/** Dotted decimal, `1.2.840.10045.4.3.2`. */
export function objectIdentifier(dotted: string): Der {
  const [first, second, ...rest] = dotted.split('.').map(Number);
  if (first === undefined || second === undefined)
    throw new InvariantError(`Cannot encode "${dotted}" as an object identifier`);
  const octets: number[] = [];
  for (const arc of [first * 40 + second, ...rest]) {
    const base128 = [arc % 128];
    for (let left = Math.floor(arc / 128); left > 0; left = Math.floor(left / 128))
      base128.unshift(0x80 | (left % 128));
    octets.push(...base128);
  }
  return encode(TAG.OBJECT_IDENTIFIER, Uint8Array.from(octets));
}

export function utf8String(text: string): Der {
  return encode(TAG.UTF8_STRING, utf8(text));
}

export function octetString(content: Uint8Array): Der {
  return encode(TAG.OCTET_STRING, content);
}

/** A bit string whose last `unused` bits do not count. */
export function bitString(content: Uint8Array, unused = 0): Der {
  return encode(TAG.BIT_STRING, concatBytes([Uint8Array.of(unused), content]));
}

/** `[number]` EXPLICIT: a wrapper around a whole value. */
export function explicit(number: number, content: Uint8Array): Der {
  return encode(0xa0 | number, content);
}

/** `[number]` IMPLICIT of a primitive type: the tag in place of its own. */
export function implicit(number: number, content: Uint8Array): Der {
  return encode(0x80 | number, content);
}

/** UTCTime up to 2049, GeneralizedTime from 2050 (RFC 5280 §4.1.2.5); whole seconds, UTC. */
export function time(milliseconds: number): Der {
  const date = new Date(milliseconds);
  const digits = date.toISOString().replaceAll(/[-:T]|\.\d+/g, '');
  const year = date.getUTCFullYear();
  const isShort = year >= 1950 && year < 2050;
  return encode(isShort ? TAG.UTC_TIME : TAG.GENERALIZED_TIME, latin1(isShort ? digits.slice(2) : digits));
}
