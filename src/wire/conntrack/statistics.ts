import type { ValueOf } from '../field/field.ts';
import { u32 } from '../field/scalars.ts';
import { attribute, attributes } from '../netlink/attributes.ts';

/** CTA_STATS_GLOBAL_*: how many connections the network namespace has, and how many it may have. */
export const statistics = attributes({ entries: attribute(1, u32), limit: attribute(2, u32) });
export type Statistics = ValueOf<typeof statistics>;
