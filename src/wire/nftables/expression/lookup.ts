import { attribute, attributes, cstring } from '../../netlink/attributes.ts';
import { u32 } from '../../field/scalars.ts';

export const NFT_LOOKUP_F_INV = 1;

/**
 * `lookup`: the rule goes on if `sreg` is in the set; a map's value goes into `dreg`, register 0 for verdicts
 * (NFTA_LOOKUP_*). A set of the same transaction may be named by `setId`, which the kernel does not give back.
 */
export const lookup = attributes({
  sreg: attribute(2, u32),
  dreg: attribute(3, u32),
  set: attribute(1, cstring),
  setId: attribute(4, u32),
  /** NFT_LOOKUP_F_INV: goes on if it is not in the set. */
  flags: attribute(5, u32),
});
