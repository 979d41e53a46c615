import { attribute, attributes, nested } from '../../netlink/attributes.ts';
import { u32 } from '../../field/scalars.ts';
import { data } from '../data.ts';

/** `immediate`: a constant into `dreg`; a verdict into register 0 ends the rule with it (NFTA_IMMEDIATE_*). */
export const immediate = attributes({ dreg: attribute(1, u32), data: nested(2, data) });
