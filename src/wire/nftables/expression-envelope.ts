import type { Reader } from '../../base/reader.ts';
import { encodeAll } from '../field/codec.ts';
import { type Field, type ValueOf, mapped } from '../field/field.ts';
import { rest } from '../field/scalars.ts';
import { attribute, attributes, cstring } from '../netlink/attributes.ts';
import { NLA_F } from '../netlink/constants.ts';

/** The type of every element of a list of expressions. */
export const NFTA_LIST_ELEM = 1;

/** One without a codec here, kept so that it re-encodes unchanged. */
export interface UnknownExpression {
  readonly kind: 'unknown';
  readonly name: string;
  readonly data: Uint8Array | undefined;
}

/** Codecs by the kernel's name for the expression. */
type Codecs = {
  readonly [name: string]: { decode(reader: Reader): unknown; encode(...args: never[]): void };
};

/** An expression by the kernel's name for it, with its attributes. */
export type ExpressionOf<C> =
  | { [K in keyof C & string]: { readonly kind: K } & ValueOf<C[K]> }[keyof C & string]
  | UnknownExpression;

/** NFTA_EXPR_*: the name selects what the data means. */
const envelope = attributes({
  name: attribute(1, cstring),
  data: { type: 2, field: rest, flags: NLA_F.NESTED },
});

/** An expression that is one of those with a codec, or any other as bytes. */
export function expressionField<const C extends Codecs>(codecs: C): Field<ExpressionOf<C>> {
  const known: ReadonlyMap<string, Field<unknown>> = new Map(
    Object.entries(codecs as unknown as Readonly<Record<string, Field<unknown>>>),
  );
  const open = ({ name = '', data }: ValueOf<typeof envelope>, outer: Reader): ExpressionOf<C> => {
    const codec = known.get(name);
    if (data === undefined || codec === undefined) return { kind: 'unknown', name, data };
    const reader = outer.over(data);
    const value = outer.within(name, () => codec.decode(reader) as object);
    return { kind: name, ...value } as ExpressionOf<C>;
  };
  const seal = (expression: ExpressionOf<C>): ValueOf<typeof envelope> => {
    const codec = known.get(expression.kind);
    if (codec !== undefined) return { name: expression.kind, data: encodeAll(codec, expression) };
    const { name, data } = expression as UnknownExpression;
    return { name, data };
  };
  return mapped(envelope, open, seal);
}
