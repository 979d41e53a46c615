import { toHex } from '../../base/hex.ts';
import { NFT_OBJECT, NFT_SET, NFT_SET_ELEM } from '../../wire/nftables/constants.ts';
import { type DataType, DATA_TYPE, concatenation } from '../../wire/nftables/data-type.ts';
import type { Data } from '../../wire/nftables/data.ts';
import type { Element } from '../../wire/nftables/element.ts';
import type { NftSet } from '../../wire/nftables/set.ts';
import {
  UDATA_SET,
  type UserDataItem,
  commentItem,
  numberItem,
  userData,
} from '../../wire/nftables/user-data.ts';
import { encodeAll } from '../../wire/field/codec.ts';
import type { RulesetElement, RulesetSet } from './ruleset.ts';

/** The declaration of a set or map; `id` is its number within the transaction. */
export function setBody(table: string, set: RulesetSet, id: number): NftSet {
  const key = concatenation(set.key);
  const isConcatenatedRange = set.interval && set.key.length > 1;
  const value = set.value === undefined || set.value === 'counter' ? undefined : concatenation(set.value);
  return {
    table,
    name: set.name,
    flags: flagsOf(set),
    keyType: key.number,
    keyLength: key.length,
    ...(value === undefined ? {} : { dataType: value.number, dataLength: value.length }),
    ...(set.value === 'counter' ? { objectType: NFT_OBJECT.COUNTER } : {}),
    id,
    description: {
      size: set.dynamic?.size,
      // The kernel keeps ranges of concatenations only when told the fields, and nft crashes listing them otherwise.
      ...(isConcatenatedRange
        ? { concatenation: set.key.map((name) => ({ length: DATA_TYPE[name].length })) }
        : {}),
    },
    ...(set.dynamic?.timeout === undefined ? {} : { timeout: BigInt(set.dynamic.timeout) }),
    ...(set.counted === true ? { expression: { kind: 'counter' } } : {}),
    userData: encodeAll(userData, userDataOf(set, key, value)),
  };
}

function flagsOf(set: RulesetSet): number {
  let flags = 0;
  if (set.interval) flags |= NFT_SET.INTERVAL;
  if (set.interval && set.key.length > 1) flags |= NFT_SET.CONCAT;
  if (set.dynamic !== undefined) flags |= NFT_SET.EVAL;
  if (set.dynamic?.timeout !== undefined) flags |= NFT_SET.TIMEOUT;
  if (set.value === 'counter') flags |= NFT_SET.OBJECT;
  else if (set.value !== undefined) flags |= NFT_SET.MAP;
  return flags;
}

/** What nft needs to list the set as it was meant. */
function userDataOf(set: RulesetSet, key: DataType, value: DataType | undefined): UserDataItem[] {
  return [
    numberItem(UDATA_SET.KEY_BYTE_ORDER, key.byteOrder),
    ...(value === undefined ? [] : [numberItem(UDATA_SET.DATA_BYTE_ORDER, value.byteOrder)]),
    commentItem(set.comment, UDATA_SET.COMMENT),
  ];
}

/** The elements of a set as the kernel stores them. */
export function elementBodies(set: RulesetSet): Element[] {
  if (set.interval && set.key.length === 1) return intervalElements(set);
  return set.elements.map((element) => ({
    key: { value: element.key },
    ...(element.last === undefined ? {} : { keyEnd: { value: element.last } }),
    ...valueOf(element),
    ...commentOf(element),
  }));
}

/** The same element with what another has counted. */
export function withCounts(element: Element, { expression }: Element = {}): Element {
  return expression === undefined ? element : { ...element, expression };
}

/**
 * The elements of a set that takes the place of one with `former` elements: of a counted set with their counts, and of
 * one that rules fill those elements themselves, as many as it may hold.
 */
export function carriedElements(set: RulesetSet, former: readonly Element[]): readonly Element[] {
  const bodies = elementBodies(set);
  if (set.counted !== true) return bodies;
  if (set.dynamic !== undefined) return former.slice(0, set.dynamic.size).map(lasting);
  const counts = new Map(former.map((element) => [elementKey(element), element]));
  return bodies.map((element) => withCounts(element, counts.get(elementKey(element))));
}

/** What can be sent of an element that the kernel gave. */
function lasting({ key, keyEnd, timeout, expiration, userData: notes, expression }: Element): Element {
  return { key, keyEnd, timeout, expiration, userData: notes, expression };
}

/** What tells an element of a set from the others. */
export function elementKey({ flags = 0, key, keyEnd }: Element): string {
  const hex = (bytes: Uint8Array | undefined): string => (bytes === undefined ? '' : toHex(bytes));
  return `${flags} ${hex(key?.value)}-${hex(keyEnd?.value)}`;
}

function valueOf({ value }: RulesetElement): Element {
  if (value === undefined) return {};
  if ('counter' in value) return { object: value.counter };
  const data: Data = 'verdict' in value ? { verdict: value.verdict } : { value: value.bytes };
  return { data };
}

function commentOf({ comment }: RulesetElement): Element {
  return comment === undefined ? {} : { userData: encodeAll(userData, [commentItem(comment)]) };
}

/**
 * Ranges of one field: the first key, then the key after the last as an element of its own. The lowest range is
 * preceded by an end at zero, unless it begins there; nothing follows a range up to the highest key.
 */
function intervalElements({ elements }: RulesetSet): Element[] {
  const [lowest] = elements;
  const bodies: Element[] = [];
  if (lowest?.key.some((byte) => byte !== 0) === true)
    bodies.push({ flags: NFT_SET_ELEM.INTERVAL_END, key: { value: new Uint8Array(lowest.key.length) } });
  for (const element of elements) {
    bodies.push({ key: { value: element.key }, ...valueOf(element), ...commentOf(element) });
    const end = successor(element.last ?? element.key);
    if (end !== undefined) bodies.push({ flags: NFT_SET_ELEM.INTERVAL_END, key: { value: end } });
  }
  return bodies;
}

/** The next key, or undefined after the highest. */
function successor(key: Uint8Array): Uint8Array | undefined {
  const next = Uint8Array.from(key);
  for (let at = next.length - 1; at >= 0; at--) {
    const byte = next[at] ?? 0;
    next[at] = (byte + 1) & 255;
    if (byte !== 255) return next;
  }
  return undefined;
}
