import { fromUtf8, utf8 } from '../../base/text.ts';
import { DecodeError, InvariantError } from '../../base/errors.ts';
import { Reader } from '../../base/reader.ts';
import type { Field } from '../field/field.ts';

/*
 * Bytes that the kernel keeps beside an object and gives back untouched; nft reads them as (libnftnl udata.h)
 *   u8 type, u8 length, value   repeated
 * What a type means depends on the object: 0 is the comment of tables, chains, rules, objects and elements.
 */
export interface UserDataItem {
  readonly type: number;
  readonly value: Uint8Array;
}

/** Types in the user data of a set (enum nftnl_udata_set_types of libnftnl). */
export const UDATA_SET = {
  KEY_BYTE_ORDER: 0,
  DATA_BYTE_ORDER: 1,
  MERGE_ELEMENTS: 2,
  KEY_TYPEOF: 3,
  DATA_TYPEOF: 4,
  EXPR: 5,
  DATA_INTERVAL: 6,
  COMMENT: 7,
} as const;

const UDATA_COMMENT = 0;

/** The longest comment in bytes that nft itself accepts and prints (NFTNL_UDATA_COMMENT_MAXLEN). */
const MAX_COMMENT = 128;

export const userData: Field<readonly UserDataItem[]> = {
  decode(reader) {
    const items: UserDataItem[] = [];
    while (reader.remaining > 0) {
      const type = reader.u8();
      items.push({ type, value: reader.bytes(reader.u8()) });
    }
    return items;
  },
  encode(writer, items) {
    for (const { type, value } of items) writer.u8(type).u8(value.length).bytes(value);
  },
};

/** A comment as user data of the given type: UTF-8 with a closing zero. */
export function commentItem(text: string, type: number = UDATA_COMMENT): UserDataItem {
  const bytes = utf8(text);
  if (bytes.length > MAX_COMMENT - 1 || bytes.includes(0))
    throw new InvariantError(`Cannot use "${text}" as an nftables comment: it has ${bytes.length} bytes`);
  return { type, value: Uint8Array.of(...bytes, 0) };
}

/** The comment among raw user data, or undefined; other programs may keep anything there. */
export function commentOf(raw: Uint8Array | undefined): string | undefined {
  if (raw === undefined) return undefined;
  try {
    const item = userData.decode(new Reader(raw)).find(({ type }) => type === UDATA_COMMENT);
    const end = item?.value.indexOf(0) ?? -1;
    return item === undefined ? undefined : fromUtf8(end < 0 ? item.value : item.value.subarray(0, end));
  } catch (error) {
    if (error instanceof DecodeError) return undefined;
    throw error;
  }
}

/** A 4-byte number of set user data: host order, which is little-endian on every board we run on. */
export function numberItem(type: number, value: number): UserDataItem {
  return {
    type,
    value: Uint8Array.of(value & 255, (value >> 8) & 255, (value >> 16) & 255, (value >> 24) & 255),
  };
}
