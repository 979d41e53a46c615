import { attribute, attributes } from '../../netlink/attributes.ts';
import { u32, u8 } from '../../field/scalars.ts';

/** enum nft_reject_types */
export const NFT_REJECT = { ICMP_UNREACH: 0, TCP_RST: 1, ICMPX_UNREACH: 2 } as const;

/** enum nft_reject_inet_code: codes of ICMPX_UNREACH, which become those of ICMP or ICMPv6 by the packet. */
export const NFT_REJECT_ICMPX = {
  NO_ROUTE: 0,
  PORT_UNREACH: 1,
  HOST_UNREACH: 2,
  ADMIN_PROHIBITED: 3,
} as const;

/** `reject`: drops and tells the sender (NFTA_REJECT_*). */
export const reject = attributes({ type: attribute(1, u32), code: attribute(2, u8) });
