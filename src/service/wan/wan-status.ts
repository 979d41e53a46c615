import type { Timestamp } from '../../base/instant.ts';
import { formatIpv4, UNSPECIFIED } from '../../base/ipv4.ts';
import { formatPrefix4 } from '../../base/prefix.ts';
import type { WanStatus } from '../../port/box.ts';
import type { WanAddress, WanLease, WanState } from './wan-state.ts';

/** The state of the WAN as the page, the command and the API show it. */
export function wanStatus(state: WanState): WanStatus {
  const { device, method, phase, link, address, lease, gateway } = state;
  return {
    device,
    method,
    link: linkText(link),
    state: phase,
    address: address === undefined ? null : formatPrefix4(address.prefix),
    gateway: gateway.gateway === undefined ? null : formatIpv4(gateway.gateway),
    dnsServers: (address?.dnsServers ?? []).map(formatIpv4),
    routes: (address?.routes ?? []).map(routeText),
    internet: state.internet.state,
    lease: lease === undefined ? null : leaseStatus(lease),
  };
}

function routeText({ destination, router }: WanAddress['routes'][number]): string {
  const by = router === UNSPECIFIED ? 'on the link' : `by ${formatIpv4(router)}`;
  return `${formatPrefix4(destination)} ${by}`;
}

function linkText(link: WanState['link']): WanStatus['link'] {
  if (link.mac === undefined) return 'missing';
  return link.up ? 'up' : 'down';
}

function leaseStatus(lease: WanLease): NonNullable<WanStatus['lease']> {
  return {
    server: formatIpv4(lease.server),
    obtained: isoTime(lease.obtained),
    tookMs: Math.round(lease.took),
    expires: lease.expires === undefined ? 'never' : isoTime(lease.expires),
  };
}

function isoTime(time: Timestamp): string {
  // A lease's end is computed from two clocks: whole seconds are what is known, and do not flicker.
  return new Date(Math.round(time / 1000) * 1000).toISOString();
}
