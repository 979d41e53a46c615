import { attribute, attributes } from '../../netlink/attributes.ts';
import { u32 } from '../../field/scalars.ts';

/** enum nft_rt_keys; TCPMSS is what fits into the MTU of the route, two bytes in host order. */
export const NFT_RT = { CLASSID: 0, NEXTHOP4: 1, NEXTHOP6: 2, TCPMSS: 3 } as const;

/** `rt`: a fact about the packet's route into `dreg` (NFTA_RT_*). */
export const rt = attributes({ key: attribute(2, u32), dreg: attribute(1, u32) });
