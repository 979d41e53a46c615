/** The one table that is ours; no other table is ever read or touched. */
export const TABLE = 'gatepost';

/** Sets and maps of the table. */
export const SET = {
  WAN: 'wan',
  LAN: 'lan',
  LAN_NETWORKS: 'lan-networks',
  LAN_SERVICES: 'lan-services',
  PUBLIC_SERVICES: 'public-services',
  DIRECTIONS: 'directions',
  FORWARDS: 'forwards',
  FORWARDS_SAME_PORT: 'forwards-same-port',
} as const;

/** Chains of the table; the first six are base chains. Words of nft's own language cannot be names. */
export const CHAIN = {
  ORIGIN: 'origin',
  INPUT: 'input',
  FORWARD: 'forward',
  OUTPUT: 'output',
  PORT_FORWARDS: 'port-forwards',
  SOURCE_NAT: 'source-nat',
  TRANSLATE: 'translate',
  FROM_LAN: 'input-from-lan',
  FROM_WAN: 'input-from-wan',
  FORWARDED: 'forwarded',
  TO_DEVICE: 'to-lan-device',
  INVALID: 'invalid',
  SPOOFED: 'spoofed',
} as const;

/**
 * Counters. `forwarded-*` count every packet of a connection; `lan-NAME` and `wan-NAME` of a service and
 * `port-forwards` count new connections; the rest count what was not let through.
 */
export const COUNTER = {
  LAN_TO_WAN: 'forwarded-lan-to-wan',
  WAN_TO_LAN: 'forwarded-wan-to-lan',
  LAN_TO_LAN: 'forwarded-lan-to-lan',
  PORT_FORWARDS: 'port-forwards',
  INVALID: 'dropped-invalid',
  SPOOFED: 'dropped-spoofed',
  WAN_INPUT: 'dropped-wan-input',
  WAN_FORWARD: 'dropped-wan-forward',
  OTHER: 'dropped-other',
  LAN_INPUT: 'refused-lan-input',
  LAN_FORWARD: 'refused-lan-forward',
} as const;
