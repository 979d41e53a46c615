/*
 * Numbers of linux/netfilter/nfnetlink.h and linux/netfilter/nf_tables.h that more than one codec needs; those of
 * one expression are in its own file.
 */

/** The subsystem in the upper byte of `nlmsg_type`, and the resource of a batch (NFNL_SUBSYS_NFTABLES). */
export const NFNL_SUBSYS_NFTABLES = 10;

/** The multicast group of everything that changes in any ruleset (enum nfnetlink_groups). */
export const NFNLGRP_NFTABLES = 7;

/** Marks around the messages of one transaction (NFNL_MSG_BATCH_BEGIN, NFNL_MSG_BATCH_END). */
export const NFNL_MSG_BATCH = { BEGIN: 0x10, END: 0x11 } as const;

/** Protocol families of a table and of `meta nfproto` (NFPROTO_*). */
export const NFPROTO = { UNSPEC: 0, INET: 1, IPV4: 2, IPV6: 10 } as const;

/** Hooks of the inet, ip and ip6 families (NF_INET_*). */
export const NF_INET = { PRE_ROUTING: 0, LOCAL_IN: 1, FORWARD: 2, LOCAL_OUT: 3, POST_ROUTING: 4 } as const;

/** Registers: one verdict, four of 16 bytes, and the same space as sixteen of 4 bytes (enum nft_registers). */
export const NFT_REG = { VERDICT: 0, R1: 1, R2: 2, R3: 3, R4: 4, R32_00: 8, R32_01: 9, R32_02: 10 } as const;

/** Verdict codes (NF_* of linux/netfilter.h and enum nft_verdicts) as unsigned numbers. */
export const NFT_VERDICT = {
  DROP: 0,
  ACCEPT: 1,
  QUEUE: 3,
  CONTINUE: 0xffff_ffff,
  BREAK: 0xffff_fffe,
  JUMP: 0xffff_fffd,
  GOTO: 0xffff_fffc,
  RETURN: 0xffff_fffb,
} as const;

/** enum nft_set_flags */
export const NFT_SET = {
  ANONYMOUS: 0x1,
  CONSTANT: 0x2,
  INTERVAL: 0x4,
  MAP: 0x8,
  TIMEOUT: 0x10,
  EVAL: 0x20,
  OBJECT: 0x40,
  CONCAT: 0x80,
  EXPR: 0x100,
} as const;

/** enum nft_set_elem_flags */
export const NFT_SET_ELEM = { INTERVAL_END: 0x1, CATCHALL: 0x2 } as const;

/** The data type of a verdict map (NFT_DATA_VERDICT). */
export const NFT_DATA_VERDICT = 0xffff_ff00;

/** NFT_OBJECT_* */
export const NFT_OBJECT = { COUNTER: 1, QUOTA: 2, CT_HELPER: 3, LIMIT: 4 } as const;
