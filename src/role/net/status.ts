import { formatIpv4 } from '../../base/ipv4.ts';
import { formatPrefix4 } from '../../base/prefix.ts';
import type { Config } from '../../config/schema.ts';
import type { ObservedLink } from '../../engine/links/observed.ts';
import type { LanStatus, MailboxStatus, WanStatus } from '../../port/box.ts';
import type { MailboxSummary } from '../../port/mailbox.ts';
import { leasePool } from './narrow.ts';

type LinkState = WanStatus['link'];

/** A device as people see it: a cable with a signal, one without, or no device. */
export function linkState(link: ObservedLink | undefined): LinkState {
  if (link === undefined) return 'missing';
  return link.up && link.carrier ? 'up' : 'down';
}

/** The WAN of a box that has none to look after: `lan-only`. */
export function unusedWan(config: Config, link: ObservedLink | undefined): WanStatus {
  return {
    device: link?.name ?? config.wan.device,
    method: 'off',
    link: linkState(link),
    state: 'OFF',
    address: null,
    gateway: null,
    dnsServers: [],
    lease: null,
  };
}

export function lanStatus(
  config: Config,
  device: string,
  linkOf: (device: string) => ObservedLink | undefined,
): LanStatus {
  const pool = config.dhcp.enabled ? leasePool(config) : null;
  return {
    device,
    devices: config.lan.devices.map((name) => ({ name, link: linkState(linkOf(name)) })),
    address: formatPrefix4(config.lan.address),
    pool: pool === null ? null : { first: formatIpv4(pool.first), last: formatIpv4(pool.last) },
  };
}

export function mailboxStatus(
  { users }: Config,
  mailboxes: readonly MailboxSummary[],
): readonly MailboxStatus[] {
  const quotas = new Map(users.map(({ name, quota }) => [name, quota]));
  return mailboxes.map((mailbox) => ({ ...mailbox, quota: quotas.get(mailbox.user) ?? null }));
}
