/** UDP ports (RFC 2131 §4.1). */
export const DHCP4_SERVER_PORT = 67;
export const DHCP4_CLIENT_PORT = 68;

/** The `op` field (RFC 951 §3). */
export const OP = { BOOTREQUEST: 1, BOOTREPLY: 2 } as const;

/** `htype` of Ethernet and everything that looks like it (IANA ARP hardware types). */
export const HTYPE_ETHERNET = 1;

/** First four bytes of the options field (RFC 2131 §3): 99.130.83.99. */
export const MAGIC_COOKIE = 0x6382_5363;

/** Values of option 53 (RFC 2132 §9.6). */
export const MESSAGE_TYPE = {
  DISCOVER: 1,
  OFFER: 2,
  REQUEST: 3,
  DECLINE: 4,
  ACK: 5,
  NAK: 6,
  RELEASE: 7,
  INFORM: 8,
} as const;

/** The options without a value, and the one that says where more options are (RFC 2132 §3.1, §3.2, §9.3). */
export const OPTION_PAD = 0;
export const OPTION_OVERLOAD = 52;
export const OPTION_END = 255;

/** The longest value of one TLV; a longer option becomes several of the same number (RFC 3396 §4). */
export const MAX_TLV = 255;

/** Bits of option 52: which header fields carry options (RFC 2132 §9.3). */
export const OVERLOAD = { FILE: 1, SNAME: 2 } as const;
