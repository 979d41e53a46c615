import { attribute, attributes } from '../../netlink/attributes.ts';
import { u32 } from '../../field/scalars.ts';

/** enum nft_byteorder_ops */
export const NFT_BYTEORDER = { NTOH: 0, HTON: 1 } as const;

/** `byteorder`: swaps units of `size` bytes over `length` bytes of a register (NFTA_BYTEORDER_*). */
export const byteorder = attributes({
  sreg: attribute(1, u32),
  dreg: attribute(2, u32),
  op: attribute(3, u32),
  length: attribute(4, u32),
  size: attribute(5, u32),
});
