import { attribute, attributes, nested } from '../../netlink/attributes.ts';
import { u32 } from '../../field/scalars.ts';
import { data } from '../data.ts';

/** enum nft_cmp_ops; the order is that of the bytes, as with memcmp(). */
export const NFT_CMP = { EQ: 0, NEQ: 1, LT: 2, LTE: 3, GT: 4, GTE: 5 } as const;

/** `cmp`: the rule goes on if the comparison of `sreg` with a constant holds (NFTA_CMP_*). */
export const cmp = attributes({ sreg: attribute(1, u32), op: attribute(2, u32), data: nested(3, data) });
