import { attribute, attributes, nested } from '../../netlink/attributes.ts';
import { u32 } from '../../field/scalars.ts';
import { data } from '../data.ts';

/** enum nft_bitwise_ops */
export const NFT_BITWISE = { MASK_XOR: 0, LSHIFT: 1, RSHIFT: 2 } as const;

/** `bitwise`: `dreg = (sreg & mask) ^ xor` over `length` bytes, or a shift by `data` (NFTA_BITWISE_*). */
export const bitwise = attributes({
  sreg: attribute(1, u32),
  dreg: attribute(2, u32),
  op: attribute(6, u32),
  length: attribute(3, u32),
  mask: nested(4, data),
  xor: nested(5, data),
  data: nested(7, data),
});
