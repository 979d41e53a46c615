import { attribute, attributes, cstring } from '../netlink/attributes.ts';
import { NLA_F } from '../netlink/constants.ts';
import type { Reader } from '../../base/reader.ts';
import { encodeAll } from '../field/codec.ts';
import { type Field, type ValueOf, mapped } from '../field/field.ts';
import { rest } from '../field/scalars.ts';
import { bitwise } from './expression/bitwise.ts';
import { byteorder } from './expression/byteorder.ts';
import { cmp } from './expression/cmp.ts';
import { counter } from './expression/counter.ts';
import { ct } from './expression/ct.ts';
import { fib } from './expression/fib.ts';
import { immediate } from './expression/immediate.ts';
import { limit } from './expression/limit.ts';
import { log } from './expression/log.ts';
import { lookup } from './expression/lookup.ts';
import { masq } from './expression/masq.ts';
import { meta } from './expression/meta.ts';
import { nat } from './expression/nat.ts';
import { objref } from './expression/objref.ts';
import { payload } from './expression/payload.ts';
import { range } from './expression/range.ts';
import { reject } from './expression/reject.ts';

/** The type of every element of a list of expressions. */
export const NFTA_LIST_ELEM = 1;

const CODECS = {
  bitwise,
  byteorder,
  cmp,
  counter,
  ct,
  fib,
  immediate,
  limit,
  log,
  lookup,
  masq,
  meta,
  nat,
  objref,
  payload,
  range,
  reject,
} as const;
type Codecs = typeof CODECS;
type KnownKind = keyof Codecs;

/** An expression by the kernel's name for it, with its attributes. */
type KnownExpression = {
  [K in KnownKind]: { readonly kind: K } & ValueOf<Codecs[K]>;
}[KnownKind];

/** One without a codec here, kept so that it re-encodes unchanged. */
export interface UnknownExpression {
  readonly kind: 'unknown';
  readonly name: string;
  readonly data: Uint8Array | undefined;
}
export type Expression = KnownExpression | UnknownExpression;

/** NFTA_EXPR_*: the name selects what the data means. */
const envelope = attributes({
  name: attribute(1, cstring),
  data: { type: 2, field: rest, flags: NLA_F.NESTED },
});

function isKnown(name: string): name is KnownKind {
  return Object.hasOwn(CODECS, name);
}

function open({ name = '', data }: ValueOf<typeof envelope>, outer: Reader): Expression {
  if (data === undefined || !isKnown(name)) return { kind: 'unknown', name, data };
  const codec: Field<unknown> = CODECS[name];
  const reader = outer.over(data);
  const value = outer.within(name, () => codec.decode(reader) as object);
  return { kind: name, ...value };
}

function seal(expression: Expression): ValueOf<typeof envelope> {
  if (expression.kind === 'unknown') return { name: expression.name, data: expression.data };
  const codec: Field<unknown> = CODECS[expression.kind];
  return { name: expression.kind, data: encodeAll(codec, expression) };
}

/** One expression of a rule. */
export const expression: Field<Expression> = mapped(envelope, open, seal);
