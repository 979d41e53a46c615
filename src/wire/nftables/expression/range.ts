import { attribute, attributes, nested } from '../../netlink/attributes.ts';
import { u32 } from '../../field/scalars.ts';
import { data } from '../data.ts';

/** enum nft_range_ops */
export const NFT_RANGE = { EQ: 0, NEQ: 1 } as const;

/** `range`: the rule goes on if `sreg` is, or with NEQ is not, between two constants, ends included (NFTA_RANGE_*). */
export const range = attributes({
  sreg: attribute(1, u32),
  op: attribute(2, u32),
  from: nested(3, data),
  to: nested(4, data),
});
