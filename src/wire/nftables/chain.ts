import { attribute, attributes, cstring, nested } from '../netlink/attributes.ts';
import type { ValueOf } from '../field/field.ts';
import { rest, s32, u32, u64 } from '../field/scalars.ts';

/** NFTA_HOOK_*: where a base chain hangs; lower priorities come first. */
export const hook = attributes({ number: attribute(1, u32), priority: attribute(2, s32) });

/** NFTA_CHAIN_*. A chain without hook is reached by jump and goto only. */
export const chain = attributes({
  table: attribute(1, cstring),
  handle: attribute(2, u64),
  name: attribute(3, cstring),
  /** `filter`, `nat` or `route`. */
  type: attribute(7, cstring),
  /** NF_DROP 0 or NF_ACCEPT 1. */
  policy: attribute(5, u32),
  hook: nested(4, hook),
  use: attribute(6, u32),
  counters: attribute(8, rest),
  /** NFT_CHAIN_BASE 1 and others. */
  flags: attribute(10, u32),
  id: attribute(11, u32),
  userData: attribute(12, rest),
});
export type Chain = ValueOf<typeof chain>;
