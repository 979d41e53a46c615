import { attribute, attributes, cstring, listOf, nested } from '../netlink/attributes.ts';
import type { ValueOf } from '../field/field.ts';
import { rest, u32, u64 } from '../field/scalars.ts';
import { expression } from './expression.ts';
import { NFTA_LIST_ELEM } from './expression-envelope.ts';

/** NFTA_RULE_*. Rules added with NLM_F_APPEND come in the order of the messages. */
export const rule = attributes({
  table: attribute(1, cstring),
  chain: attribute(2, cstring),
  handle: attribute(3, u64),
  expressions: nested(4, listOf(NFTA_LIST_ELEM, expression)),
  /** Handle of the rule before it. */
  position: attribute(6, u64),
  userData: attribute(7, rest),
  id: attribute(9, u32),
});
export type Rule = ValueOf<typeof rule>;
