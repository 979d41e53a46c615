import type { ValueOf } from '../field/field.ts';
import { bitwise } from './expression/bitwise.ts';
import { byteorder } from './expression/byteorder.ts';
import { cmp } from './expression/cmp.ts';
import { counter } from './expression/counter.ts';
import { ct } from './expression/ct.ts';
import { dynset } from './expression/dynset.ts';
import { exthdr } from './expression/exthdr.ts';
import { fib } from './expression/fib.ts';
import { flowOffload } from './expression/flow-offload.ts';
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
import { rt } from './expression/rt.ts';
import { expressionField } from './expression-envelope.ts';

/** One expression of a rule. */
export const expression = expressionField({
  bitwise,
  byteorder,
  cmp,
  counter,
  ct,
  dynset,
  exthdr,
  fib,
  flow_offload: flowOffload,
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
  rt,
});
export type Expression = ValueOf<typeof expression>;
