/** A kernel setting by its dotted name, and what it shall be. */
export type Setting = readonly [name: string, value: number | string];

/** The lowest port of the mail server, which runs without the right to bind low ports. */
const FIRST_UNPRIVILEGED_PORT = 25;

/** Without these the box is not what it says: a kernel that refuses one is an error. */
export const REQUIRED: readonly Setting[] = [
  ['net.ipv4.ip_unprivileged_port_start', FIRST_UNPRIVILEGED_PORT],
  // An address is answered for on its own side only, and asked for under the address of that side.
  ['net.ipv4.conf.all.arp_ignore', 1],
  ['net.ipv4.conf.all.arp_announce', 2],
  // The way out is in the routes of the configuration; nobody on a wire may change it.
  ['net.ipv4.conf.all.accept_redirects', 0],
  ['net.ipv4.conf.default.accept_redirects', 0],
  ['net.ipv4.conf.all.accept_source_route', 0],
  ['net.ipv4.conf.default.accept_source_route', 0],
  // The box is the only router of the LAN and has no better one to name. Set for a device or for all, one is enough.
  ['net.ipv4.conf.all.send_redirects', 0],
  ['net.ipv4.conf.default.send_redirects', 0],
  ['net.ipv4.icmp_echo_ignore_broadcasts', 1],
  ['net.ipv4.tcp_syncookies', 1],
  // A lease with another address of the same network must not take the new one away together with the old one.
  ['net.ipv4.conf.all.promote_secondaries', 1],
  ['net.ipv6.conf.all.accept_ra', 0],
  ['net.ipv6.conf.default.accept_ra', 0],
  ['net.ipv6.conf.all.accept_redirects', 0],
  ['net.ipv6.conf.default.accept_redirects', 0],
  ['net.ipv6.conf.all.accept_source_route', 0],
  // No prefix is delegated to the LAN, so no IPv6 packet has a way through the box.
  ['net.ipv6.conf.all.forwarding', 0],
];

/** Settings of {@link REQUIRED} that each device has to be told, by folder: all of them off. */
export const OF_DEVICES: readonly (readonly [folder: string, names: readonly string[]])[] = [
  ['net.ipv4.conf', ['send_redirects', 'accept_redirects']],
  ['net.ipv6.conf', ['accept_ra', 'accept_redirects']],
];

/** What makes it better. Some belong to modules a kernel may not have, some only to the first network namespace. */
export const WISHED: readonly Setting[] = [
  // The firewall looks the way back up itself: in both families, and with the exceptions that DHCP needs.
  ['net.ipv4.conf.all.rp_filter', 0],
  ['net.ipv4.conf.default.rp_filter', 0],
  // A pool larger than a /24 is asked for address by address before it is given. Of the first network namespace only.
  ['net.ipv4.neigh.default.gc_thresh1', 1024],
  ['net.ipv4.neigh.default.gc_thresh2', 4096],
  ['net.ipv4.neigh.default.gc_thresh3', 8192],
  // Routers that answer broadcasts with errors (RFC 1122 section 3.2.2) are not worth a line in the kernel log each time.
  ['net.ipv4.icmp_ignore_bogus_error_responses', 1],
  // What the LAN may not have is refused by ICMP: at one answer a second for each device its programs would hang. The
  // limit over all, icmp_msgs_per_sec, stays and holds for both families.
  ['net.ipv4.icmp_ratelimit', 0],
  ['net.ipv6.icmp.ratelimit', 0],
  // The default of 20 groups for a program is few for one that follows what the devices of a LAN announce.
  ['net.ipv4.igmp_max_memberships', 100],
  // Connections of the box itself, whose other end vanished without a word.
  ['net.ipv4.tcp_fin_timeout', 30],
  ['net.ipv4.tcp_keepalive_time', 120],
  ['net.ipv4.tcp_timestamps', 1],
  ['net.ipv4.tcp_sack', 1],
  ['net.ipv4.tcp_dsack', 1],
  // A cable pulled for a moment must not cost the IPv6 addresses.
  ['net.ipv6.conf.all.keep_addr_on_down', 1],
  // One download must not make every other packet wait behind it. Of the first network namespace only.
  ['net.core.default_qdisc', 'fq_codel'],
  ['net.netfilter.nf_conntrack_acct', 1],
  // The receiver checks it again; here it would cost a pass over every byte.
  ['net.netfilter.nf_conntrack_checksum', 0],
  // RFC 5382 section 5: not below 2 hours 4 minutes; the default of 5 days fills the table with the dead.
  ['net.netfilter.nf_conntrack_tcp_timeout_established', 7440],
  // Radio links lose several packets in a row; three repetitions without an answer do not mean that a connection is dead.
  ['net.netfilter.nf_conntrack_tcp_max_retrans', 5],
  // RFC 4787 section 4.3: not below 2 minutes for a mapping in use. Calls and tunnels are silent for longer than 2.
  ['net.netfilter.nf_conntrack_udp_timeout', 60],
  ['net.netfilter.nf_conntrack_udp_timeout_stream', 180],
  // br_netfilter shows the forward chain also what the ports of the LAN bridge say to one another, which is no routing.
  ['net.bridge.bridge-nf-call-iptables', 0],
  ['net.bridge.bridge-nf-call-ip6tables', 0],
  ['net.bridge.bridge-nf-call-arptables', 0],
];

/** The table of connections: places first, because with too few of them a full table is slow. */
export function connectionTable(limit: number): readonly Setting[] {
  return [
    ['net.netfilter.nf_conntrack_buckets', limit],
    ['net.netfilter.nf_conntrack_max', limit],
  ];
}
