import { attribute, attributes } from '../../netlink/attributes.ts';
import { u32 } from '../../field/scalars.ts';

/** enum nft_meta_keys; interface names are 16 bytes padded with zeros, `l4proto` and `nfproto` one byte. */
export const NFT_META = {
  LEN: 0,
  PROTOCOL: 1,
  MARK: 3,
  IIF: 4,
  OIF: 5,
  IIFNAME: 6,
  OIFNAME: 7,
  IIFTYPE: 8,
  NFPROTO: 15,
  L4PROTO: 16,
  PKTTYPE: 19,
} as const;

/** `meta`: a fact about the packet into `dreg`, or `sreg` into the packet's mark (NFTA_META_*). */
export const meta = attributes({ key: attribute(2, u32), dreg: attribute(1, u32), sreg: attribute(3, u32) });
