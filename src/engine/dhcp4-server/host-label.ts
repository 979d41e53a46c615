import { hostLabel } from '../../base/host-label.ts';
import { nameOfFqdn } from '../../wire/dhcp4/fqdn.ts';
import type { Dhcp4Message } from '../../wire/dhcp4/message.ts';

/** What a client calls itself as a host label; option 81 before 12: it is the newer way to say it (RFC 4702 §3.1). */
export function hostLabelOf(message: Pick<Dhcp4Message, 'options'>): string | undefined {
  const { clientFqdn, hostName } = message.options;
  return hostLabel((clientFqdn === undefined ? undefined : nameOfFqdn(clientFqdn)) ?? hostName ?? '');
}
