import { attribute, attributes } from '../../netlink/attributes.ts';
import { u32, u8 } from '../../field/scalars.ts';

/** enum nft_exthdr_op: where `type` is looked for. */
export const NFT_EXTHDR_OP = { IPV6: 0, TCPOPT: 1, IPV4: 2 } as const;

/** The rule gets 1 or 0 for there or not, instead of bytes. */
export const NFT_EXTHDR_F_PRESENT = 1;

/** Kinds of TCP options (IANA, RFC 9293 section 3.1); the size stands behind kind and length. */
export const TCP_OPTION_MAXSEG = { TYPE: 2, OFFSET: 2, LENGTH: 2 } as const;

/**
 * `exthdr`: `length` bytes at `offset` of an extension header or option into `dreg`, or `sreg` over them; without such
 * a header the rule ends (NFTA_EXTHDR_*).
 */
export const exthdr = attributes({
  sreg: attribute(7, u32),
  dreg: attribute(1, u32),
  type: attribute(2, u8),
  offset: attribute(3, u32),
  length: attribute(4, u32),
  op: attribute(6, u32),
  flags: attribute(5, u32),
});
