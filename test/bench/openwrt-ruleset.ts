import { FIREWALL_WIRE } from './firewall-wire.ts';

/** TCP ports from here on are forwarded, one each. */
export const FIRST_PORT = 10_000;
export const TARGET_PORT = 80;

/**
 * The text of a ruleset in the manner of OpenWrt's: a chain for each zone, a rule for each port forward, and for each
 * of them two more so that the LAN reaches it under the WAN address. `changed` is the place of a forward that leads to
 * another port.
 */
export function openWrtRuleset(forwards: number, changed = -1): string {
  const { wan, device } = FIREWALL_WIRE;
  const ports = Array.from({ length: forwards }, (_, index) => ({
    port: FIRST_PORT + index,
    to: index === changed ? TARGET_PORT + 1 : TARGET_PORT,
    comment: `comment "fw4: forward ${index}"`,
  }));
  const lan = '{ "lan0", "lan1" }';
  const lanNetworks = '{ 192.168.77.0/24, 192.168.78.0/24 }';
  const dstnatWan = ports.map(
    ({ port, to, comment }) =>
      `meta nfproto ipv4 tcp dport ${port} counter dnat ip to ${device}:${to} ${comment}`,
  );
  const dstnatLan = ports.map(
    ({ port, to, comment }) =>
      `ip saddr ${lanNetworks} ip daddr ${wan} tcp dport ${port} dnat ip to ${device}:${to} ${comment}`,
  );
  const srcnatLan = ports.map(
    ({ to, comment }) =>
      `ip saddr ${lanNetworks} ip daddr ${device} tcp dport ${to} snat ip to 192.168.78.1 ${comment}`,
  );
  const chain = (name: string, ...rules: readonly string[]): string =>
    `  chain ${name} {\n${rules.map((rule) => `    ${rule}\n`).join('')}  }\n`;
  const states = 'ct state vmap { established : accept, related : accept }';
  return `table inet fw4
flush table inet fw4
table inet fw4 {
${[
  chain(
    'input',
    'type filter hook input priority filter; policy drop;',
    'iif "lo" accept',
    states,
    'tcp flags & (fin | syn | rst | ack) == syn jump syn_flood',
    `iifname ${lan} jump input_lan`,
    'iifname "wan0" jump input_wan',
    'jump handle_reject',
  ),
  chain(
    'forward',
    'type filter hook forward priority filter; policy drop;',
    states,
    `iifname ${lan} jump forward_lan`,
    'iifname "wan0" jump forward_wan',
    'jump handle_reject',
  ),
  chain(
    'output',
    'type filter hook output priority filter; policy accept;',
    'oif "lo" accept',
    states,
    `oifname ${lan} accept`,
    'oifname "wan0" jump accept_to_wan',
  ),
  chain('handle_reject', 'meta l4proto tcp reject with tcp reset', 'reject with icmpx type port-unreachable'),
  chain('syn_flood', 'limit rate 25/second burst 50 packets return', 'drop'),
  chain('input_lan', 'ct status dnat accept', 'counter accept'),
  chain(
    'input_wan',
    'meta nfproto ipv4 udp dport 68 counter accept',
    'icmp type echo-request counter accept',
    'meta nfproto ipv4 meta l4proto igmp counter accept',
    'ct status dnat accept',
    'counter jump handle_reject',
  ),
  chain('forward_lan', 'jump accept_to_wan', 'ct status dnat accept', `oifname ${lan} counter accept`),
  chain('forward_wan', 'ct status dnat accept', 'counter jump handle_reject'),
  chain(
    'accept_to_wan',
    'meta nfproto ipv4 oifname "wan0" ct state invalid counter drop',
    'oifname "wan0" counter accept',
  ),
  chain(
    'mangle_forward',
    'type filter hook forward priority mangle; policy accept;',
    'iifname "wan0" tcp flags & (fin | syn | rst) == syn tcp option maxseg size set rt mtu',
    'oifname "wan0" tcp flags & (fin | syn | rst) == syn tcp option maxseg size set rt mtu',
  ),
  chain(
    'dstnat',
    'type nat hook prerouting priority dstnat; policy accept;',
    `iifname ${lan} jump dstnat_lan`,
    'iifname "wan0" jump dstnat_wan',
  ),
  chain('dstnat_lan', ...dstnatLan),
  chain('dstnat_wan', ...dstnatWan),
  chain(
    'srcnat',
    'type nat hook postrouting priority srcnat; policy accept;',
    `oifname ${lan} jump srcnat_lan`,
    'oifname "wan0" jump srcnat_wan',
  ),
  chain('srcnat_lan', ...srcnatLan),
  chain('srcnat_wan', 'meta nfproto ipv4 masquerade'),
].join('')}}
`;
}
