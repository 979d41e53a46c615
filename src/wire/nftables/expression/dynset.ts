import { attribute, attributes, cstring, listOf, nested } from '../../netlink/attributes.ts';
import { u32, u64 } from '../../field/scalars.ts';
import { NFTA_LIST_ELEM } from '../expression-envelope.ts';
import { statefulExpression } from '../stateful-expression.ts';

/** enum nft_dynset_ops: ADD leaves an element that is there as it is, UPDATE begins its time anew. */
export const NFT_DYNSET_OP = { ADD: 0, UPDATE: 1, DELETE: 2 } as const;

/** INV goes on where there was no room; EXPR says that `expressions` is meant and not `expression`. */
export const NFT_DYNSET_F = { INV: 1, EXPR: 2 } as const;

/**
 * `dynset`: puts the key in `sregKey` into a set and asks the element's own expressions; the rule goes on if there was
 * room for it and they match (NFTA_DYNSET_*).
 */
export const dynset = attributes({
  sregKey: attribute(4, u32),
  /** The value, in a map. */
  sregData: attribute(5, u32),
  op: attribute(3, u32),
  /** Milliseconds; without it the set's own. */
  timeout: attribute(6, u64),
  set: attribute(1, cstring),
  setId: attribute(2, u32),
  expression: nested(7, statefulExpression),
  expressions: nested(10, listOf(NFTA_LIST_ELEM, statefulExpression)),
  /** {@link NFT_DYNSET_F} */
  flags: attribute(9, u32),
});
