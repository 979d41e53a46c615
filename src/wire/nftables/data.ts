import { attribute, attributes, cstring, nested } from '../netlink/attributes.ts';
import type { ValueOf } from '../field/field.ts';
import { rest, u32 } from '../field/scalars.ts';

/** NFTA_VERDICT_*: a code of {@link NFT_VERDICT} and, for jump and goto, the chain. */
export const verdict = attributes({
  code: attribute(1, u32),
  chain: attribute(2, cstring),
  chainId: attribute(3, u32),
});
export type Verdict = ValueOf<typeof verdict>;

/** NFTA_DATA_*: the content of a register, in the byte order of the field it is compared with, or a verdict. */
export const data = attributes({ value: attribute(1, rest), verdict: nested(2, verdict) });
export type Data = ValueOf<typeof data>;
