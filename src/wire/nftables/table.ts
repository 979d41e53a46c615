import { attribute, attributes, cstring } from '../netlink/attributes.ts';
import type { ValueOf } from '../field/field.ts';
import { rest, u32, u64 } from '../field/scalars.ts';

/** NFTA_TABLE_* (linux/netfilter/nf_tables.h). `use` and `handle` are the kernel's. */
export const table = attributes({
  name: attribute(1, cstring),
  /** NFT_TABLE_F_DORMANT 1, NFT_TABLE_F_OWNER 2. */
  flags: attribute(2, u32),
  use: attribute(3, u32),
  handle: attribute(4, u64),
  userData: attribute(6, rest),
  owner: attribute(7, u32),
});
export type Table = ValueOf<typeof table>;
