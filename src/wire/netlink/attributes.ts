import { InvariantError } from '../../base/errors.ts';
import type { Reader } from '../../base/reader.ts';
import type { Writer } from '../../base/writer.ts';
import type { Field, ValueOf } from '../field/field.ts';
import { NLA_F, NLA_TYPE_MASK } from './constants.ts';

/*
 * struct nlattr (linux/netlink.h), in host order, which is little-endian on every board we run on:
 *   u16 nla_len   header and payload without padding
 *   u16 nla_type  two flag bits and the type
 * followed by the payload, padded with zeros to a multiple of four.
 */
const HEADER = 4;

/** One attribute of a table: its number, the codec of its payload, and whether the nested flag is set when sent. */
export interface AttributeSpec<T> {
  readonly type: number;
  readonly field: Field<T>;
  readonly flags: number;
}

export function attribute<T>(type: number, field: Field<T>): AttributeSpec<T> {
  return { type, field, flags: 0 };
}

/** An attribute that holds attributes. */
export function nested<T>(type: number, field: Field<T>): AttributeSpec<T> {
  return { type, field, flags: NLA_F.NESTED };
}

/** An attribute without a name in our table, kept so that it re-encodes unchanged. `type` includes the flag bits. */
export interface UnknownAttribute {
  readonly type: number;
  readonly payload: Uint8Array;
}

type AnySpecs = {
  readonly [name: string]: {
    readonly type: number;
    readonly field: { decode(reader: Reader): unknown; encode(...args: never[]): void };
    readonly flags: number;
  };
};

/** Every attribute is optional on the wire; those we have no name for are in `unknown`. */
export type AttributesOf<S extends AnySpecs> = {
  readonly [K in keyof S]?: ValueOf<S[K]['field']> | undefined;
} & { readonly unknown?: readonly UnknownAttribute[] | undefined };

/** Reads one attribute header and hands a reader over its payload to `visit`. */
function readAttribute(reader: Reader, visit: (type: number, payload: Reader) => void): void {
  const length = reader.u16Le();
  const type = reader.u16Le();
  if (length < HEADER) throw reader.error(`attribute length ${length} is below ${HEADER}`);
  visit(type, reader.sub(length - HEADER));
  reader.skip(Math.min((4 - (length % 4)) % 4, reader.remaining));
}

/** Writes one attribute: header, payload by `write`, padding. */
function writeAttribute(writer: Writer, type: number, write: () => void): void {
  const start = writer.length;
  writer.u16Le(0).u16Le(type);
  write();
  const length = writer.length - start;
  // nla_len is 16 bits wide; a longer list has to be split over several messages by whoever makes it.
  if (length > 0xffff)
    throw new InvariantError(`Cannot write a netlink attribute of ${length} bytes: 65535 is the most`);
  writer.patchU16Le(start, length);
  writer.zeros((4 - (length % 4)) % 4);
}

/**
 * Attributes as a table of names. Encoding follows the table's order and leaves out what is undefined;
 * decoding accepts any order, takes the last of a repeated attribute and keeps unknown ones.
 */
export function attributes<const S extends AnySpecs>(specs: S): Field<AttributesOf<S>> {
  const byType = new Map(Object.entries(specs).map(([name, spec]) => [spec.type, { name, spec }]));
  return {
    decode(reader) {
      const value: Record<string, unknown> = {};
      const unknown: UnknownAttribute[] = [];
      while (reader.remaining > 0) {
        readAttribute(reader, (type, payload) => {
          const known = byType.get(type & NLA_TYPE_MASK);
          if (known === undefined) unknown.push({ type, payload: payload.rest() });
          else {
            payload.within(known.name, () => {
              value[known.name] = known.spec.field.decode(payload);
              payload.finish();
            });
          }
        });
      }
      if (unknown.length > 0) value['unknown'] = unknown;
      return value as AttributesOf<S>;
    },
    encode(writer, value) {
      for (const [name, spec] of Object.entries(specs)) {
        const one = (value as Record<string, unknown>)[name];
        const field = spec.field as Field<unknown>;
        if (one !== undefined)
          writeAttribute(writer, spec.type | spec.flags, () => field.encode(writer, one));
      }
      for (const { type, payload } of value.unknown ?? [])
        writeAttribute(writer, type, () => writer.bytes(payload));
    },
  };
}

/**
 * A list: attributes all of type `element` one after the other, such as NFTA_LIST_ELEM; `flags` is 0 for a list of
 * plain values.
 */
export function listOf<T>(
  element: number,
  field: Field<T>,
  flags: number = NLA_F.NESTED,
): Field<readonly T[]> {
  return {
    decode(reader) {
      const values: T[] = [];
      while (reader.remaining > 0) {
        readAttribute(reader, (type, payload) => {
          if ((type & NLA_TYPE_MASK) !== element)
            throw payload.error(`list element of type ${type & NLA_TYPE_MASK}, ${element} wanted`);
          values.push(payload.within(values.length, () => field.decode(payload)));
          payload.finish();
        });
      }
      return values;
    },
    encode(writer, values) {
      for (const value of values) writeAttribute(writer, element | flags, () => field.encode(writer, value));
    },
  };
}

/** A list whose attribute types are the position counted from 1, as in NFTA_SET_ELEM_LIST_ELEMENTS; any types are read. */
export function numberedList<T>(field: Field<T>): Field<readonly T[]> {
  return {
    decode(reader) {
      const values: T[] = [];
      while (reader.remaining > 0) {
        readAttribute(reader, (_type, payload) => {
          values.push(payload.within(values.length, () => field.decode(payload)));
          payload.finish();
        });
      }
      return values;
    },
    encode(writer, values) {
      for (const [index, value] of values.entries())
        writeAttribute(writer, ((index + 1) & NLA_TYPE_MASK) | NLA_F.NESTED, () =>
          field.encode(writer, value),
        );
    },
  };
}

/** A string whose end is that of the attribute; the kernel adds a zero when it sends. */
export const text: Field<string> = {
  decode: (reader) => cstring.decode(reader),
  encode(writer, value) {
    for (let i = 0; i < value.length; i++) writer.u8(value.charCodeAt(i) & 0xff);
  },
};

/** A zero-terminated string; the kernel may leave the zero out when it sends. */
export const cstring: Field<string> = {
  decode(reader) {
    const bytes = reader.rest();
    const end = bytes.indexOf(0);
    return String.fromCharCode(...(end < 0 ? bytes : bytes.subarray(0, end)));
  },
  encode(writer, value) {
    for (let i = 0; i < value.length; i++) writer.u8(value.charCodeAt(i) & 0xff);
    writer.u8(0);
  },
};
