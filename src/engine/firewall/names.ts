/** The one table that is ours; no other table is ever read or touched. */
export const TABLE = 'gatepost';

/**
 * Sets and maps of the table. Those of the WAN are there in every mode that has one, also when nothing is in them, so
 * that an element can come and go without a change of rules. Words of nft's own language cannot be names.
 */
export const SET = {
  WAN: 'wan',
  LAN: 'lan',
  LAN_NETWORKS: 'lan-networks',
  LAN_SERVICES: 'lan-services',
  PUBLIC_SERVICES: 'public-services',
  DIRECTIONS: 'directions',
  TCP_FLAGS: 'tcp-flags',
  BLOCKED_MACS: 'blocked-macs',
  BLOCKED: 'blocked-addresses',
  BLOCKED6: 'blocked-addresses6',
  UPLOAD: 'upload',
  UPLOAD6: 'upload6',
  DOWNLOAD: 'download',
  DOWNLOAD6: 'download6',
  TCP_SENDERS: 'tcp-senders',
  TCP_SENDERS6: 'tcp-senders6',
  UDP_SENDERS: 'udp-senders',
  UDP_SENDERS6: 'udp-senders6',
  ICMP_SENDERS: 'icmp-senders',
  ICMP_SENDERS6: 'icmp-senders6',
  FORWARDED_PORTS: 'forwarded-ports',
  FORWARDS: 'forwards',
  FORWARDS_SAME_PORT: 'forwards-same-port',
  ONE_TO_ONE: 'one-to-one',
  ONE_TO_ONE_SOURCE: 'one-to-one-source',
  EXPOSED_HOST: 'exposed-host',
} as const;

/** The flow table of connections that take the short way. */
export const FLOW_TABLE = 'short-way';

/** Chains of the table; the first five are base chains. */
export const CHAIN = {
  INPUT: 'input',
  FORWARD: 'forward',
  OUTPUT: 'output',
  PORT_FORWARDS: 'port-forwards',
  SOURCE_NAT: 'source-nat',
  ORIGIN: 'origin',
  TRANSLATE: 'translate',
  TRANSLATE_FROM_WAN: 'translate-from-wan',
  TRANSLATE_FROM_LAN: 'translate-from-lan',
  FROM_LAN: 'input-from-lan',
  FROM_WAN: 'input-from-wan',
  TO_SERVICE: 'to-public-service',
  PINGED: 'pinged-from-wan',
  TO_WAN: 'output-to-wan',
  SILENCED: 'silenced',
  LAN_TO_WAN: 'lan-to-wan',
  OUT_TO_WAN: 'let-through-to-wan',
  IN_USE_TO_WAN: 'in-use-to-wan',
  BEGUN_ON_LAN: 'begun-on-lan',
  WAN_TO_LAN: 'wan-to-lan',
  WAN_TO_DEVICE: 'wan-to-lan-device',
  TO_LAN: 'let-through-to-lan',
  IN_USE_TO_LAN: 'in-use-to-lan',
  LAN_TO_LAN: 'lan-to-lan',
  ON_LAN: 'let-through-on-lan',
  FROM_WAN_REFUSED: 'refused-from-wan',
  SENDERS: 'limit-senders',
  INVALID: 'invalid',
  MALFORMED: 'malformed',
  NO_WAY_BACK: 'no-way-back',
  SPOOFED: 'spoofed',
  BLOCKED: 'blocked',
  LIMITED: 'limited',
  LEAKED: 'leaked',
} as const;

/**
 * Counters. `forwarded-*` count every packet of a connection; `lan-NAME` and `wan-NAME` of a service,
 * `port-forwards`, `hairpins` (those of them that began on the LAN) and `pings-from-wan` count new connections; `logged`
 * counts the packets told to the log; the rest count what was not let through.
 */
export const COUNTER = {
  LAN_TO_WAN: 'forwarded-lan-to-wan',
  WAN_TO_LAN: 'forwarded-wan-to-lan',
  LAN_TO_LAN: 'forwarded-lan-to-lan',
  PORT_FORWARDS: 'port-forwards',
  HAIRPINS: 'hairpins',
  PINGS: 'pings-from-wan',
  LOGGED: 'logged',
  INVALID: 'dropped-invalid',
  MALFORMED: 'dropped-malformed',
  SPOOFED: 'dropped-spoofed',
  LIMITED: 'dropped-limited',
  LEAKED: 'dropped-leaked',
  WAN_INPUT: 'dropped-wan-input',
  WAN_FORWARD: 'dropped-wan-forward',
  WAN_OUTPUT: 'dropped-wan-output',
  OTHER: 'dropped-other',
  BLOCKED: 'refused-blocked',
  LAN_INPUT: 'refused-lan-input',
  LAN_FORWARD: 'refused-lan-forward',
} as const;

/** The group of nflog listeners that dropped packets are told to; a number that no other program is known to use. */
export const NFLOG_GROUP = 26_480;

/** Why a packet was logged: the prefix of its log message. */
export const REASON = {
  INVALID: 'invalid',
  MALFORMED: 'malformed',
  SPOOFED: 'spoofed',
  LIMITED: 'limit',
  LEAKED: 'leak',
  BLOCKED: 'blocked',
  WAN_INPUT: 'wan-input',
  WAN_FORWARD: 'wan-forward',
  WAN_OUTPUT: 'wan-output',
  LAN_FORWARD: 'lan-forward',
  OTHER: 'other',
} as const;
export type Reason = (typeof REASON)[keyof typeof REASON];
