import { asciiLower } from '../../base/text.ts';
import { nameOfFqdn } from '../../wire/dhcp4/fqdn.ts';
import type { Dhcp4Message } from '../../wire/dhcp4/message.ts';

/**
 * What a client calls itself (option 81 before 12: it is the newer way to say it) as a host label of RFC 1123 §2.1: the
 * part before the first dot, other characters as hyphens. Undefined if nothing usable is left.
 */
export function hostLabelOf(message: Pick<Dhcp4Message, 'options'>): string | undefined {
  const { clientFqdn, hostName } = message.options;
  const text = (clientFqdn === undefined ? undefined : nameOfFqdn(clientFqdn)) ?? hostName ?? '';
  const [first = ''] = text.split('.', 1);
  const label = asciiLower(first)
    .replaceAll(/[^a-z0-9]+/g, '-')
    .slice(0, 63)
    .replaceAll(/^-+|-+$/g, '');
  return label === '' ? undefined : label;
}
