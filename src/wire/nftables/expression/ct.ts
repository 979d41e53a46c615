import { attribute, attributes } from '../../netlink/attributes.ts';
import { u32, u8 } from '../../field/scalars.ts';

/** enum nft_ct_keys */
export const NFT_CT = {
  STATE: 0,
  DIRECTION: 1,
  STATUS: 2,
  MARK: 3,
  PROTO_DST: 12,
  ZONE: 17,
  SRC_IP: 19,
  DST_IP: 20,
} as const;

/** Bits of `ct state` in host order (NF_CT_STATE_BIT() of linux/netfilter/nf_conntrack_common.h). */
export const NF_CT_STATE = { INVALID: 1, ESTABLISHED: 2, RELATED: 4, NEW: 8, UNTRACKED: 64 } as const;

/** Bits of `ct status` in host order (enum ip_conntrack_status). */
export const IPS = { SEEN_REPLY: 2, ASSURED: 4, CONFIRMED: 8, SRC_NAT: 16, DST_NAT: 32 } as const;

/** `ct`: a fact about the packet's connection into `dreg`, or `sreg` into it (NFTA_CT_*). */
export const ct = attributes({
  key: attribute(2, u32),
  dreg: attribute(1, u32),
  /** 0 original, 1 reply, for the keys that have two. */
  direction: attribute(3, u8),
  sreg: attribute(4, u32),
});
