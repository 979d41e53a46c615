import { KernelError } from '../../base/errors.ts';
import type { Config } from '../../config/schema.ts';
import { writeSysctl } from '../../io/linux/sysctl.ts';
import type { Log } from '../../port/log.ts';

type Setting = readonly [name: string, value: number];

/** The lowest port of the mail server, which runs without the right to bind low ports. */
const FIRST_UNPRIVILEGED_PORT = 25;

const ALWAYS: readonly Setting[] = [
  ['net.ipv4.ip_unprivileged_port_start', FIRST_UNPRIVILEGED_PORT],
  // An address is answered for on its own side only, and asked for under the address of that side.
  ['net.ipv4.conf.all.arp_ignore', 1],
  ['net.ipv4.conf.all.arp_announce', 2],
  ['net.ipv4.conf.all.accept_redirects', 0],
  ['net.ipv4.conf.all.send_redirects', 0],
  ['net.ipv4.conf.default.send_redirects', 0],
  ['net.ipv4.conf.all.accept_source_route', 0],
  ['net.ipv4.icmp_echo_ignore_broadcasts', 1],
  ['net.ipv4.tcp_syncookies', 1],
  // A lease with another address of the same network must not take the new one away together with the old one.
  ['net.ipv4.conf.all.promote_secondaries', 1],
  ['net.ipv6.conf.all.accept_ra', 0],
  ['net.ipv6.conf.default.accept_ra', 0],
  ['net.ipv6.conf.all.accept_redirects', 0],
  ['net.ipv6.conf.all.accept_source_route', 0],
  // No prefix is delegated to the LAN, so no IPv6 packet has a way through the box.
  ['net.ipv6.conf.all.forwarding', 0],
];

/** Settings of modules that a kernel may not have loaded. */
const OF_MODULES: readonly Setting[] = [
  ['net.netfilter.nf_conntrack_acct', 1],
  // RFC 5382 section 5: not below 2 hours 4 minutes; the default of 5 days fills the table with the dead.
  ['net.netfilter.nf_conntrack_tcp_timeout_established', 7440],
  // br_netfilter shows the forward chain also what the ports of the LAN bridge say to one another, which is no routing.
  ['net.bridge.bridge-nf-call-iptables', 0],
  ['net.bridge.bridge-nf-call-ip6tables', 0],
  ['net.bridge.bridge-nf-call-arptables', 0],
];

/** What can be asked of the kernel beyond netlink. Forwarding comes last, when the firewall is in force. */
export function applyKernelSettings({ mode }: Config, log: Log): void {
  const forwarding: Setting = ['net.ipv4.ip_forward', mode === 'lan-only' ? 0 : 1];
  for (const [name, value] of ALWAYS) writeSysctl(name, value);
  for (const [name, value] of OF_MODULES) {
    try {
      writeSysctl(name, value);
    } catch (error) {
      if (!(error instanceof KernelError)) throw error;
      log.info(`The kernel has no setting ${name}: ${error.message}`);
    }
  }
  writeSysctl(...forwarding);
}

/**
 * Without carrier the WAN's routes count for nothing, so that what is sent there fails at once instead of waiting for an
 * answer. The WAN's device only: on the LAN it would send packets for the office out by the WAN when its cable is out.
 */
export function ignoreRoutesWithoutCarrier(device: string, log: Log): void {
  try {
    // A dot in a device name is written as a slash (sysctl(8)).
    writeSysctl(`net.ipv4.conf.${device.replaceAll('.', '/')}.ignore_routes_with_linkdown`, 1);
  } catch (error) {
    if (!(error instanceof KernelError)) throw error;
    log.info(`Routes over ${device} stay in use without carrier: ${error.message}`);
  }
}

/** The stop of a box that shall leave nothing behind. */
export function stopForwarding(): void {
  writeSysctl('net.ipv4.ip_forward', 0);
}
