import type { ValueOf } from '../field/field.ts';
import { counter } from './expression/counter.ts';
import { limit } from './expression/limit.ts';
import { expressionField } from './expression-envelope.ts';

/**
 * What an element of a set can have for its own: it remembers something from packet to packet. A list of its own and
 * not any expression, so that what the kernel gives back cannot be nested without end.
 */
export const statefulExpression = expressionField({ counter, limit });
export type StatefulExpression = ValueOf<typeof statefulExpression>;
