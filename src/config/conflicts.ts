import type { Problem } from '../base/errors.ts';
import { DHCP_FINDERS } from './conflict/dhcp.ts';
import { DHCP_OPTION_FINDERS } from './conflict/dhcp-options.ts';
import { DNS_FINDERS } from './conflict/dns.ts';
import { FIREWALL_FINDERS } from './conflict/firewall.ts';
import { MAIL_FINDERS } from './conflict/mail.ts';
import { NETWORK_FINDERS } from './conflict/network.ts';
import { RESERVED_NAME_FINDERS } from './conflict/reserved-names.ts';
import { WEB_FINDERS } from './conflict/web.ts';
import type { Config } from './schema.ts';

const FINDERS = [
  ...NETWORK_FINDERS,
  ...FIREWALL_FINDERS,
  ...DHCP_FINDERS,
  ...DHCP_OPTION_FINDERS,
  ...RESERVED_NAME_FINDERS,
  ...DNS_FINDERS,
  ...MAIL_FINDERS,
  ...WEB_FINDERS,
];

/**
 * What no single value shows: values that do not fit each other. All finders run, so that the owner sees every problem at
 * once, but for those that a part in `unreadable` has a say in: its values are not the owner's.
 */
export function findConflicts(config: Config, unreadable: ReadonlySet<string> = new Set()): Problem[] {
  return FINDERS.filter(({ parts }) => !parts.some((part) => unreadable.has(part))).flatMap(({ find }) =>
    find(config),
  );
}
