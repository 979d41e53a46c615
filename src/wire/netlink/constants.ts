/** Control message types (linux/netlink.h). */
export const NLMSG = { NOOP: 1, ERROR: 2, DONE: 3, OVERRUN: 4, MIN_TYPE: 16 } as const;

/** Flags of `nlmsg_flags` (linux/netlink.h); the upper byte means one thing in GET and another in NEW requests. */
export const NLM_F = {
  REQUEST: 0x01,
  MULTI: 0x02,
  ACK: 0x04,
  ECHO: 0x08,
  DUMP_INTR: 0x10,
  /** GET: the whole table (ROOT | MATCH). */
  DUMP: 0x300,
  /** NEW: replace what exists, fail if it exists, create if it does not, add at the end. */
  REPLACE: 0x100,
  EXCL: 0x200,
  CREATE: 0x400,
  APPEND: 0x800,
  /** In an acknowledgement: the request's payload is left out; extended-ack attributes follow. */
  CAPPED: 0x100,
  ACK_TLVS: 0x200,
} as const;

/** Flags of an attribute's type (linux/netlink.h). */
export const NLA_F = { NESTED: 0x8000, NET_BYTEORDER: 0x4000 } as const;
export const NLA_TYPE_MASK = 0x3fff;
