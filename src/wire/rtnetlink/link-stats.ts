import { rest, u64Le } from '../field/scalars.ts';
import { struct } from '../field/struct.ts';
import type { ValueOf } from '../field/field.ts';

/**
 * struct rtnl_link_stats64 (linux/if_link.h), counters since the device exists. Kernels append fields: those behind
 * the ones named here are in `others`, eight bytes each.
 */
export const linkStats = struct({
  rxPackets: u64Le,
  txPackets: u64Le,
  rxBytes: u64Le,
  txBytes: u64Le,
  rxErrors: u64Le,
  txErrors: u64Le,
  rxDropped: u64Le,
  txDropped: u64Le,
  multicast: u64Le,
  collisions: u64Le,
  others: rest,
});
export type LinkStats = ValueOf<typeof linkStats>;
