import { NFT_REJECT_ICMPX } from '../../wire/nftables/expression/reject.ts';
import { count, logPacket, rejectWith, rejectWithReset, upTo } from './action.ts';
import { COUNTER, type Reason } from './names.ts';
import { type Plan, isLogged } from './plan.ts';
import { LOG_RATE } from './rates.ts';
import { type RulesetRule, rule } from './ruleset.ts';
import { IPPROTO, type Statement, drop, isProtocol } from './statement.ts';

/** Why packets are not let through, and where that is counted. */
export interface Refusal {
  /** The line of the configuration that refuses. */
  readonly comment: string;
  readonly counter: string;
  readonly reason: Reason;
}

/** A few of the packets that match for the log, with the reason. */
export function logRules(plan: Plan, reason: Reason, match: readonly Statement[] = []): RulesetRule[] {
  if (!isLogged(plan)) return [];
  return [rule('firewall.logDropped', ...match, upTo(LOG_RATE), logPacket(reason), count(COUNTER.LOGGED))];
}

/** What matches goes without a word to its sender. */
export function dropRules(
  plan: Plan,
  { comment, counter, reason }: Refusal,
  ...match: readonly Statement[]
): RulesetRule[] {
  return [...logRules(plan, reason, match), rule(comment, ...match, count(counter), drop())];
}

/** What matches is refused, and its sender told so at once: TCP by a reset, which ends a connection, all else by ICMP. */
export function rejectRules(
  plan: Plan,
  { comment, counter, reason }: Refusal,
  ...match: readonly Statement[]
): RulesetRule[] {
  return [
    ...logRules(plan, reason, match),
    rule(comment, ...match, count(counter)),
    rule(comment, ...match, isProtocol(IPPROTO.TCP), rejectWithReset()),
    rule(comment, ...match, rejectWith(NFT_REJECT_ICMPX.ADMIN_PROHIBITED)),
  ];
}
