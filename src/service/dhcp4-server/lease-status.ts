import { inSeconds } from '../../base/duration.ts';
import { Timestamp, between } from '../../base/instant.ts';
import { formatIpv4 } from '../../base/ipv4.ts';
import type { LeaseView } from '../../engine/dhcp4-server/lease-view.ts';
import type { LeaseStatus } from '../../port/box.ts';

const EPOCH = Timestamp(0);

function isoText(time: Timestamp | undefined): string | null {
  return time === undefined ? null : new Date(inSeconds(between(EPOCH, time)) * 1000).toISOString();
}

/** A lease as the control API tells it; `nameProblem` says why the device does not have the name it wants. */
export function leaseStatus(lease: LeaseView, nameProblem?: string): LeaseStatus {
  return {
    address: formatIpv4(lease.address),
    mac: lease.mac ?? '',
    name: lease.name ?? null,
    state: lease.state,
    expires: isoText(lease.expires),
    clientId: lease.client ?? null,
    vendor: lease.vendor ?? null,
    since: isoText(lease.since),
    reserved: lease.isReserved,
    nameProblem: nameProblem ?? null,
  };
}
