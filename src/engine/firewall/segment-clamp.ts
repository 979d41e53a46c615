import { clampSegments } from './action.ts';
import { CHAIN, SET } from './names.ts';
import type { Plan } from './plan.ts';
import { type RulesetChain, type RulesetRule, rule } from './ruleset.ts';
import { TCP_FLAG, hasTcpFlags, inDevice, jumpTo, outDevice } from './statement.ts';

const COMMENT = 'always: segments fit the MTU of their way';

/**
 * Where PPPoE or a tunnel takes some bytes of the MTU, and somebody on the way drops the errors that would say so, a
 * connection hangs with its first long segment. Both sides are told in time what fits. Before replies are let through,
 * because the second SYN is one.
 */
export function clampRules({ features }: Plan): RulesetRule[] {
  const { SYN, RST } = TCP_FLAG;
  return features.mssClamp ? [rule(COMMENT, hasTcpFlags(SYN, SYN | RST), jumpTo(CHAIN.CLAMP))] : [];
}

export function clampChains({ features }: Plan): RulesetChain[] {
  if (!features.mssClamp) return [];
  const rules = [outDevice(SET.WAN), inDevice(SET.WAN)].map((way) => rule(COMMENT, way, clampSegments()));
  return [{ name: CHAIN.CLAMP, rules }];
}
