import { attribute, attributes } from '../../netlink/attributes.ts';
import { u64 } from '../../field/scalars.ts';

/** `counter` of a rule, and the content of a named counter (NFTA_COUNTER_*). */
export const counter = attributes({ bytes: attribute(1, u64), packets: attribute(2, u64) });
