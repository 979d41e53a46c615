import { attribute, attributes } from '../../netlink/attributes.ts';
import { u32, u64 } from '../../field/scalars.ts';

/** enum nft_limit_type */
export const NFT_LIMIT = { PKTS: 0, PKT_BYTES: 1 } as const;
export const NFT_LIMIT_F_INV = 1;

/** `limit`: the rule goes on up to `rate` packets or bytes per `unit` seconds (NFTA_LIMIT_*). */
export const limit = attributes({
  rate: attribute(1, u64),
  /** Seconds. */
  unit: attribute(2, u64),
  burst: attribute(3, u32),
  type: attribute(4, u32),
  /** NFT_LIMIT_F_INV: goes on above the rate. */
  flags: attribute(5, u32),
});
