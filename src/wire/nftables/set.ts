import { attribute, attributes, cstring, listOf, nested } from '../netlink/attributes.ts';
import type { ValueOf } from '../field/field.ts';
import { rest, u32, u64 } from '../field/scalars.ts';
import { NFTA_LIST_ELEM } from './expression-envelope.ts';
import { statefulExpression } from './stateful-expression.ts';

/** NFTA_SET_FIELD_LEN: the bytes of one field of a concatenation, without padding. */
const setField = attributes({ length: attribute(1, u32) });

/** NFTA_SET_DESC_*: how many elements to expect, and the fields of a concatenation with intervals. */
const description = attributes({
  size: attribute(1, u32),
  concatenation: nested(2, listOf(NFTA_LIST_ELEM, setField)),
});

/** NFTA_SET_*: sets and maps. `id` names the set within its transaction, for rules that use an anonymous one. */
export const set = attributes({
  table: attribute(1, cstring),
  name: attribute(2, cstring),
  /** {@link NFT_SET} bits. */
  flags: attribute(3, u32),
  keyType: attribute(4, u32),
  keyLength: attribute(5, u32),
  dataType: attribute(6, u32),
  dataLength: attribute(7, u32),
  /** {@link NFT_OBJECT} of an object map. */
  objectType: attribute(15, u32),
  id: attribute(10, u32),
  policy: attribute(8, u32),
  description: nested(9, description),
  /** Milliseconds. */
  timeout: attribute(11, u64),
  gcInterval: attribute(12, u32),
  userData: attribute(13, rest),
  handle: attribute(16, u64),
  /** What every element has for its own, such as a counter: one, or a list with NFT_SET.EXPR. */
  expression: nested(17, statefulExpression),
  expressions: nested(18, listOf(NFTA_LIST_ELEM, statefulExpression)),
});
export type NftSet = ValueOf<typeof set>;
