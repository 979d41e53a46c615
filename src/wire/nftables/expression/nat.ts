import { attribute, attributes } from '../../netlink/attributes.ts';
import { u32 } from '../../field/scalars.ts';

/** enum nft_nat_types */
export const NFT_NAT = { SNAT: 0, DNAT: 1 } as const;

/** linux/netfilter/nf_nat.h; the kernel sets the first two itself where an address or port register is given. */
export const NF_NAT_RANGE = {
  MAP_IPS: 1,
  PROTO_SPECIFIED: 2,
  PROTO_RANDOM: 4,
  PERSISTENT: 8,
  PROTO_RANDOM_FULLY: 16,
} as const;

/**
 * `nat`: new source or destination for the connection, from registers: one address and port or ranges
 * (NFTA_NAT_*). Without port registers the port stays.
 */
export const nat = attributes({
  type: attribute(1, u32),
  /** NFPROTO_IPV4 or NFPROTO_IPV6. */
  family: attribute(2, u32),
  addressMin: attribute(3, u32),
  addressMax: attribute(4, u32),
  portMin: attribute(5, u32),
  portMax: attribute(6, u32),
  flags: attribute(7, u32),
});
