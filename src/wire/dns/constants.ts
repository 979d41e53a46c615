/** Record and question types (RFC 1035 section 3.2.2 and 3.2.3, RFC 3596, RFC 2782, RFC 6891). */
export const TYPE = {
  A: 1,
  NS: 2,
  CNAME: 5,
  SOA: 6,
  PTR: 12,
  MX: 15,
  TXT: 16,
  AAAA: 28,
  SRV: 33,
  OPT: 41,
  IXFR: 251,
  AXFR: 252,
  ANY: 255,
} as const;

/** Classes (RFC 1035 section 3.2.4 and 3.2.5). */
export const CLASS = { IN: 1, ANY: 255 } as const;

/** Response codes (RFC 1035 section 4.1.1, RFC 6891 section 9). Those above 15 need EDNS. */
export const RCODE = {
  NOERROR: 0,
  FORMERR: 1,
  SERVFAIL: 2,
  NXDOMAIN: 3,
  NOTIMP: 4,
  REFUSED: 5,
  BADVERS: 16,
} as const;

/** Kinds of query (RFC 1035 section 4.1.1, RFC 1996, RFC 2136). */
export const OPCODE = { QUERY: 0, NOTIFY: 4, UPDATE: 5 } as const;

/** Bits of the header's second word (RFC 1035 section 4.1.1, RFC 4035 section 3). */
export const HEADER_BIT = {
  QR: 0x8000,
  AA: 0x0400,
  TC: 0x0200,
  RD: 0x0100,
  RA: 0x0080,
  AD: 0x0020,
  CD: 0x0010,
} as const;

/** Octets of the header every message begins with. */
export const HEADER_LENGTH = 12;

/** The largest message: its length is 16 bits over TCP (RFC 1035 section 4.2.2). */
export const LARGEST_MESSAGE = 65_535;

/** What every client takes over UDP without EDNS (RFC 1035 section 4.2.1). */
export const SMALLEST_UDP_SIZE = 512;

/** What we announce and never exceed over UDP: fits every path without fragments (RFC 9715 section 3.1). */
export const UDP_SIZE = 1232;
