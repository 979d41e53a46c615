import { attribute, attributes, cstring } from '../netlink/attributes.ts';
import type { ValueOf } from '../field/field.ts';
import { u32 } from '../field/scalars.ts';

/** NFTA_GEN_*: the number of the ruleset, one higher after every transaction of anybody, and who made it. */
export const generation = attributes({
  id: attribute(1, u32),
  processId: attribute(2, u32),
  processName: attribute(3, cstring),
});
export type Generation = ValueOf<typeof generation>;
