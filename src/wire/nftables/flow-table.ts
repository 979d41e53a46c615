import { attribute, attributes, cstring, listOf, nested } from '../netlink/attributes.ts';
import type { ValueOf } from '../field/field.ts';
import { s32, u32, u64 } from '../field/scalars.ts';

/** The hook of flow tables, in front of everything that forwards (NF_NETDEV_INGRESS of linux/netfilter.h). */
export const NF_NETDEV_INGRESS = 0;

/** enum nft_flowtable_flags; COUNTER keeps the totals of conntrack right. */
export const NFT_FLOWTABLE = { HW_OFFLOAD: 1, COUNTER: 2 } as const;

const NFTA_DEVICE_NAME = 1;

/** NFTA_FLOWTABLE_HOOK_*: the devices whose packets it looks at. */
const hook = attributes({
  number: attribute(1, u32),
  priority: attribute(2, s32),
  devices: nested(3, listOf(NFTA_DEVICE_NAME, cstring, 0)),
});

/** NFTA_FLOWTABLE_*: connections that go from device to device without the rules of the forward hook. */
export const flowTable = attributes({
  table: attribute(1, cstring),
  name: attribute(2, cstring),
  hook: nested(3, hook),
  use: attribute(4, u32),
  handle: attribute(5, u64),
  /** {@link NFT_FLOWTABLE} bits. */
  flags: attribute(7, u32),
});
export type FlowTable = ValueOf<typeof flowTable>;
