import type { Timestamp } from '../../base/instant.ts';
import type { Ipv4 } from '../../base/ipv4.ts';
import type { Mac } from '../../base/mac.ts';
import type { ClientKey } from '../../wire/dhcp4/client-key.ts';
import { nameOf } from './identity.ts';
import { type LeaseEntry, isLive } from './lease-entry.ts';
import { civilEnd } from './lease-time.ts';
import type { Reservation } from './options.ts';
import type { Env, State } from './state.ts';

/** One line of the list of leases. */
export interface LeaseView {
  readonly address: Ipv4;
  /** `revoked`: taken back by the owner, its client does not know yet. `reserved`: kept for a device that is not here. */
  readonly state: 'bound' | 'offered' | 'revoked' | 'reserved';
  /** Undefined with a reservation that does not name one. */
  readonly mac: Mac | undefined;
  /** The name of the reservation, or what the device calls itself as a host label. */
  readonly name: string | undefined;
  /** The client identifier, or hardware type and address. */
  readonly client: ClientKey | undefined;
  /** What the device says it is (option 60). */
  readonly vendor: string | undefined;
  readonly expires: Timestamp | undefined;
  /** When the device first had a lease. */
  readonly since: Timestamp | undefined;
  readonly isReserved: boolean;
}

/** What of the entry is worth a line now: an offer over a running lease shows the lease. */
function shown(entry: LeaseEntry, env: Env): LeaseEntry | undefined {
  const { former } = entry;
  const line = former !== undefined && isLive(former) ? former : entry;
  const isLine = isLive(line) && line.phase !== 'probing';
  return isLine && line.until > env.now ? line : undefined;
}

function ofEntry(state: State, entry: LeaseEntry, env: Env): LeaseView {
  const { address, who, phase, vendor, until, since } = entry;
  return {
    address,
    state: phase === 'bound' || phase === 'revoked' ? phase : 'offered',
    mac: who.mac,
    name: nameOf(state.plan, who),
    client: who.client,
    vendor,
    expires: civilEnd(until, env),
    since,
    isReserved: state.plan.reservationAt(address) !== undefined,
  };
}

function ofReservation({ address, mac, name, hostName, client }: Reservation): LeaseView {
  const nothing = { vendor: undefined, expires: undefined, since: undefined };
  return { address, state: 'reserved', mac, name: name ?? hostName, client, ...nothing, isReserved: true };
}

/** Leases, offers and reservations of this moment, by address. */
export function leaseViews(state: State, env: Env): readonly LeaseView[] {
  const views = new Map<Ipv4, LeaseView>();
  for (const reservation of state.plan.options.reservations)
    views.set(reservation.address, ofReservation(reservation));
  for (const entry of state.table.values()) {
    const line = shown(entry, env);
    if (line !== undefined) views.set(line.address, ofEntry(state, line, env));
  }
  return [...views.values()].sort((a, b) => a.address - b.address);
}
