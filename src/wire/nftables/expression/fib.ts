import { attribute, attributes } from '../../netlink/attributes.ts';
import { u32 } from '../../field/scalars.ts';

/** enum nft_fib_result: the device (0 if there is no route), its name, or the kind of address. */
export const NFT_FIB_RESULT = { OIF: 1, OIFNAME: 2, ADDRTYPE: 3 } as const;

/** What is looked up (NFTA_FIB_F_*); PRESENT gives 1 or 0 instead of a device. */
export const NFTA_FIB_F = { SADDR: 1, DADDR: 2, MARK: 4, IIF: 8, OIF: 16, PRESENT: 32 } as const;

/** Kinds of address in host order (RTN_* of linux/rtnetlink.h). */
export const RTN = { UNICAST: 1, LOCAL: 2, BROADCAST: 3 } as const;

/** `fib`: what the routing tables say about an address of the packet, into `dreg` (NFTA_FIB_*). */
export const fib = attributes({
  flags: attribute(3, u32),
  result: attribute(2, u32),
  dreg: attribute(1, u32),
});
