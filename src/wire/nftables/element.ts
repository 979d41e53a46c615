import { attribute, attributes, cstring, listOf, nested, numberedList } from '../netlink/attributes.ts';
import { encodeAll } from '../field/codec.ts';
import type { ValueOf } from '../field/field.ts';
import { rest, u32, u64 } from '../field/scalars.ts';
import { data } from './data.ts';
import { NFTA_LIST_ELEM } from './expression-envelope.ts';
import { statefulExpression } from './stateful-expression.ts';

/**
 * NFTA_SET_ELEM_*. In an interval set of one field the end of a range is an element of its own with
 * NFT_SET_ELEM_INTERVAL_END; with concatenations it is `keyEnd`.
 */
export const element = attributes({
  flags: attribute(3, u32),
  /** Milliseconds. */
  timeout: attribute(4, u64),
  expiration: attribute(5, u64),
  key: nested(1, data),
  keyEnd: nested(10, data),
  data: nested(2, data),
  userData: attribute(6, rest),
  /** Name of the object in an object map. */
  object: attribute(9, cstring),
  /** Its counter or limit with the present values, one or several as the set declares. */
  expression: nested(7, statefulExpression),
  expressions: nested(11, listOf(NFTA_LIST_ELEM, statefulExpression)),
});
export type Element = ValueOf<typeof element>;

/** NFTA_SET_ELEM_LIST_*. */
export const elementList = attributes({
  table: attribute(1, cstring),
  set: attribute(2, cstring),
  setId: attribute(4, u32),
  elements: nested(3, numberedList(element)),
});
export type ElementList = ValueOf<typeof elementList>;

/** nla_len has 16 bits and counts the header; the margin is for names and headers beside the list. */
const MAX_ELEMENTS_LENGTH = 65_535 - 1024;
const ATTRIBUTE_HEADER = 4;

/** Cuts the elements into lists that each fit into one message, in order; no elements need no message. */
export function splitElements(elements: readonly Element[]): (readonly Element[])[] {
  const lists: Element[][] = [];
  let room = 0;
  for (const one of elements) {
    const length = ATTRIBUTE_HEADER + encodeAll(element, one).length;
    const current = lists.at(-1);
    if (current === undefined || length > room) {
      lists.push([one]);
      room = MAX_ELEMENTS_LENGTH - length;
    } else {
      current.push(one);
      room -= length;
    }
  }
  return lists;
}
