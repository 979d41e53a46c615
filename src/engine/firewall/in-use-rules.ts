import { isBlocking } from './blocked-devices.ts';
import { BEGUN_BEHIND_US, answered, inUse } from './connection-stage.ts';
import { CHAIN } from './names.ts';
import { type Plan, modeLine } from './plan.ts';
import { type RulesetRule, rule } from './ruleset.ts';
import { goTo, goesBack, inDeviceIs, outDeviceIs } from './statement.ts';

/** Each pair costs all other packets two comparisons. */
const MOST_PAIRS = 2;

/**
 * What the chains of both directions decide of the packets that most are: those of connections that went out by the WAN and are in use. Comparing two names
 * costs less than looking the pair up, so these are seen before that; with more devices than a small office has, looking up is as good. None
 * where somebody is blocked: that is asked first.
 */
export function inUseRules(plan: Plan): RulesetRule[] {
  const { lan, wan } = plan.options;
  if (isBlocking(plan) || lan.length * wan.length > MOST_PAIRS) return [];
  return lan.flatMap((inside) => wan.flatMap((outside) => pairRules(plan, inside, outside)));
}

function pairRules(plan: Plan, inside: string, outside: string): RulesetRule[] {
  return [
    rule(
      modeLine(plan),
      outDeviceIs(outside),
      inDeviceIs(inside),
      answered(BEGUN_BEHIND_US),
      goTo(CHAIN.IN_USE_TO_WAN),
    ),
    rule(
      'always: replies',
      inDeviceIs(outside),
      outDeviceIs(inside),
      goesBack(),
      inUse(BEGUN_BEHIND_US),
      goTo(CHAIN.IN_USE_TO_LAN),
    ),
  ];
}
