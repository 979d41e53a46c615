import { attribute, attributes, cstring } from '../netlink/attributes.ts';
import type { ValueOf } from '../field/field.ts';
import { rest, u32, u64 } from '../field/scalars.ts';
import { NLA_F } from '../netlink/constants.ts';

/** NFTA_OBJ_*: a named counter, quota, limit ...; what is in `data` depends on the type. */
export const object = attributes({
  table: attribute(1, cstring),
  name: attribute(2, cstring),
  /** {@link NFT_OBJECT} */
  type: attribute(3, u32),
  userData: attribute(8, rest),
  data: { type: 4, field: rest, flags: NLA_F.NESTED },
  use: attribute(5, u32),
  handle: attribute(6, u64),
});
export type NftObject = ValueOf<typeof object>;
