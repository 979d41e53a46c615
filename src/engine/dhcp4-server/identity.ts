import { printable } from '../../base/printable.ts';
import type { Mac } from '../../base/mac.ts';
import { clientKeyOf, macOfClient } from '../../wire/dhcp4/client-key.ts';
import type { Dhcp4Message } from '../../wire/dhcp4/message.ts';
import { hostLabelOf } from './host-label.ts';
import type { LeaseTable } from './lease-table.ts';
import { MAX_VENDOR } from './limits.ts';
import type { Identity } from './options.ts';
import type { ServerPlan } from './server-plan.ts';

/** The first octet is odd: its lowest bit, the first on the wire, marks the address of a group, which is nobody's own (IEEE 802-2014 §8.2). */
const GROUP = /^.[13579bdf]/;
const NOBODY = '00:00:00:00:00:00' as Mac;

function isOwnAddress(mac: Mac): boolean {
  return mac !== NOBODY && !GROUP.test(mac);
}

/** Who sent the message; undefined for other kinds of links and for addresses no device can have. */
export function identityOf(message: Dhcp4Message, table: LeaseTable): Identity | undefined {
  const mac = macOfClient(message);
  if (mac === undefined || !isOwnAddress(mac)) return undefined;
  const client = clientKeyOf(message);
  // A client need not say its name each time.
  return { client, mac, label: hostLabelOf(message) ?? table.ofClient({ client })?.who.label };
}

/** The name of the client: of its reservation, or what it calls itself. */
export function nameOf(plan: ServerPlan, who: Identity): string | undefined {
  return plan.reservationOf(who)?.name ?? who.label;
}

export function vendorOf({ options }: Dhcp4Message): string | undefined {
  const { vendorClass } = options;
  return vendorClass === undefined ? undefined : printable(vendorClass, MAX_VENDOR);
}
