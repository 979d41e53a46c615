import { UserError } from '../../base/errors.ts';
import { LONGEST_LABEL } from '../../base/host-label.ts';
import { asciiLower } from '../../base/text.ts';

declare const domainNameBrand: unique symbol;

/**
 * A name of the DNS in canonical text: lower case (RFC 4343), no dot at the end, `.` for the root. A dot or backslash within a
 * label is written `\.` and `\\`, octets that are no visible ASCII as `\DDD` (RFC 1035 section 5.1). At most 63 octets
 * a label and 255 a name as on the wire.
 */
export type DomainName = string & { readonly [domainNameBrand]: true };

/** The root of the tree. */
export const ROOT = '.' as DomainName;

/** Octets of a name on the wire, lengths and final zero included (RFC 1035 section 2.3.4). */
export const LONGEST_NAME = 255;

const BACKSLASH = 0x5c;
const DOT = 0x2e;

function formatLabel(octets: Uint8Array): string {
  let text = '';
  for (const octet of octets) {
    if (octet === BACKSLASH || octet === DOT) text += `\\${String.fromCharCode(octet)}`;
    else if (octet > 0x20 && octet < 0x7f) text += String.fromCharCode(octet);
    else text += `\\${String(octet).padStart(3, '0')}`;
  }
  return asciiLower(text);
}

/** The name of these labels, given as octets from the leftmost on; the caller has checked the lengths. */
export function nameOfLabels(labels: readonly Uint8Array[]): DomainName {
  return (labels.length === 0 ? '.' : labels.map(formatLabel).join('.')) as DomainName;
}

function octetOf(escape: string): number {
  return escape.length === 4 ? Number(escape.slice(1)) : escape.charCodeAt(escape.length - 1);
}

/** The labels as octets, from the leftmost on; none for the root. */
export function labelsOf(name: DomainName): Uint8Array[] {
  if (name === ROOT) return [];
  const labels: number[][] = [[]];
  for (const [token] of name.matchAll(/\\\d{3}|\\?[^]/g)) {
    if (token === '.') labels.push([]);
    else labels.at(-1)?.push(octetOf(token));
  }
  return labels.map((label) => Uint8Array.from(label));
}

function lengthOf(labels: readonly Uint8Array[]): number {
  return labels.reduce((length, label) => length + 1 + label.length, 1);
}

/** Octets of the name on the wire without compression. */
export function wireLength(name: DomainName): number {
  return lengthOf(labelsOf(name));
}

/** Reads presentation format, with or without the final dot; only visible ASCII and escapes. */
export function tryParseDomainName(text: string): DomainName | undefined {
  if (text === '.') return ROOT;
  if (text.startsWith('.')) return undefined;
  // The final dot is cut only where it ends the name, not where it is escaped.
  const body = /(?<!\\)(?:\\\\)*\.$/.test(text) ? text.slice(0, -1) : text;
  if (!/^(?:[!-[\]-~]|\\(?:[!-/:-~]|[01]\d\d|2[0-4]\d|25[0-5]))+$/.test(body)) return undefined;
  const labels = labelsOf(body as DomainName);
  if (
    lengthOf(labels) > LONGEST_NAME ||
    labels.some((label) => label.length === 0 || label.length > LONGEST_LABEL)
  )
    return undefined;
  return nameOfLabels(labels);
}

/** @throws UserError naming the text. */
export function parseDomainName(text: string): DomainName {
  const name = tryParseDomainName(text);
  if (name === undefined) {
    throw new UserError(
      `Cannot read "${text}" as a domain name: wanted are labels of 1 to 63 characters with dots between, at most 253 in all`,
    );
  }
  return name;
}

/** Whether `name` is `zone` or below it. */
export function isWithin(name: DomainName, zone: DomainName): boolean {
  if (zone === ROOT || name === zone) return true;
  if (!name.endsWith(`.${zone}`)) return false;
  // "a\.example" is one label, not a name below "example".
  const before = /(?<!\\)\\*$/.exec(name.slice(0, -zone.length - 1))?.[0].length ?? 0;
  return before % 2 === 0;
}

/** The names that `name` is below, from the nearest to the root; none for the root. */
export function ancestorsOf(name: DomainName): DomainName[] {
  if (name === ROOT) return [];
  const above: DomainName[] = [];
  for (let at = 0; at < name.length; at++) {
    // A dot behind a backslash belongs to its label; behind one, digits of `\DDD` are no dots.
    if (name[at] === '\\') at++;
    else if (name[at] === '.') above.push(name.slice(at + 1) as DomainName);
  }
  return [...above, ROOT];
}

/** `prefix` and then `zone`; undefined if that is too long. */
export function joinNames(prefix: DomainName, zone: DomainName): DomainName | undefined {
  if (zone === ROOT) return prefix;
  return prefix === ROOT ? zone : tryParseDomainName(`${prefix}.${zone}`);
}

/** How many labels the name has: 0 for the root. */
export function countLabels(name: DomainName): number {
  return labelsOf(name).length;
}

/** Whether this one label can name a host: letters, digits and inner hyphens (RFC 952, RFC 1123 section 2.1). */
function isHostLabel(text: string): boolean {
  return /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/i.test(text);
}

/** Whether every label can name a host. */
export function isHostName(name: DomainName): boolean {
  return name !== ROOT && name.split('.').every(isHostLabel);
}
