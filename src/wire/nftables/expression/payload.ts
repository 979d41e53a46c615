import { attribute, attributes } from '../../netlink/attributes.ts';
import { u32 } from '../../field/scalars.ts';

/** enum nft_payload_bases */
export const NFT_PAYLOAD = { LL_HEADER: 0, NETWORK_HEADER: 1, TRANSPORT_HEADER: 2, INNER_HEADER: 3 } as const;

/**
 * `payload`: `length` bytes at `offset` of a header into `dreg`, or `sreg` over them with the checksums corrected
 * (NFTA_PAYLOAD_*).
 */
export const payload = attributes({
  sreg: attribute(5, u32),
  dreg: attribute(1, u32),
  base: attribute(2, u32),
  offset: attribute(3, u32),
  length: attribute(4, u32),
  checksumType: attribute(6, u32),
  checksumOffset: attribute(7, u32),
  checksumFlags: attribute(8, u32),
});
