import { asciiLower } from './text.ts';

/** Octets of a label (RFC 1035 §2.3.4). */
export const LONGEST_LABEL = 63;

/**
 * What a device calls itself as a host label of RFC 952 and RFC 1123 §2.1: the part before the first dot, other
 * characters as hyphens (`Alice's iPad` becomes `alice-s-ipad`). Undefined if nothing usable is left.
 */
export function hostLabel(text: string): string | undefined {
  const [first = ''] = text.split('.', 1);
  const label = asciiLower(first)
    .replaceAll(/[^a-z0-9]+/g, '-')
    .slice(0, LONGEST_LABEL)
    .replaceAll(/^-+|-+$/g, '');
  return label === '' ? undefined : label;
}
