import { formatAddress, formatEndpoint } from '../../base/address.ts';
import type { Decision, Judgement } from './evaluate/evaluate.ts';
import type { Step } from './evaluate/chain.ts';
import type { Refusal } from './evaluate/outcome.ts';
import type { Place } from './evaluate/packet.ts';
import { CHAIN } from './names.ts';

/** A line of the configuration as people find it, and why it decides where that is not plain. */
export interface DecidingLine {
  /** `firewall.forwards[0] "camera"`, `mode "firewall"`, `always` */
  readonly line: string;
  readonly reason: string | null;
}

/** What the comment of a rule or element says (see `RulesetRule`). */
function lineOf(comment: string): DecidingLine {
  const always = /^always: (.+)$/.exec(comment);
  if (always !== null) return { line: 'always', reason: always[1] ?? null };
  const mode = /^mode: ([a-z-]+)(?:, (.+))?$/.exec(comment);
  if (mode !== null) return { line: `mode "${mode[1]}"`, reason: mode[2] ?? null };
  const entry = /^([a-z]+\.[A-Za-z.]+(?:\[\d+\])?)(?:,? (.+))?$/.exec(comment);
  if (entry === null) return { line: comment, reason: null };
  const [, line = comment, rest] = entry;
  if (rest === undefined) return { line, reason: null };
  return line.endsWith(']') ? { line: `${line} "${rest}"`, reason: null } : { line, reason: rest };
}

/** The line that decided a packet's fate. */
export function decidingLine(judgement: Judgement): DecidingLine {
  const { verdict, decision, destinationBy } = judgement;
  // What was let through because it was translated owes it to the line that translated it.
  if (verdict.kind === 'accepted' && destinationBy !== null) return lineOf(mostSpecific(destinationBy));
  return decision.by === 'rule'
    ? lineOf(mostSpecific(responsible(decision, verdict)))
    : withoutRule(decision);
}

function withoutRule(decision: Exclude<Decision, { readonly by: 'rule' }>): DecidingLine {
  if (decision.by === 'routing') return { line: 'always', reason: decision.reason };
  const reason =
    decision.chain === CHAIN.OUTPUT
      ? 'what the box sends itself is not filtered'
      : `what no rule of ${decision.chain} is for`;
  return { line: 'always', reason };
}

/**
 * The rule that chose: chains that only count and let through what comes to them choose nothing, nor do those that only
 * count and drop, so the rule that led there did.
 */
function responsible(
  { step, path }: Extract<Decision, { readonly by: 'rule' }>,
  verdict: Judgement['verdict'],
): Step {
  const obeying = verdict.kind === 'accepted' ? LETTING_THROUGH : REFUSING;
  return [...path, step].findLast(({ chain }) => !obeying.has(chain)) ?? step;
}

const LETTING_THROUGH: ReadonlySet<string> = new Set([
  CHAIN.OUT_TO_WAN,
  CHAIN.IN_USE_TO_WAN,
  CHAIN.TO_LAN,
  CHAIN.IN_USE_TO_LAN,
  CHAIN.ON_LAN,
  CHAIN.WAN_TO_DEVICE,
  CHAIN.FROM_WAN_REFUSED,
  CHAIN.TO_SERVICE,
  CHAIN.PINGED,
]);
const REFUSING: ReadonlySet<string> = new Set([
  CHAIN.INVALID,
  CHAIN.MALFORMED,
  CHAIN.SPOOFED,
  CHAIN.BLOCKED,
  CHAIN.LIMITED,
  CHAIN.LEAKED,
  CHAIN.FROM_WAN_REFUSED,
  CHAIN.SILENCED,
]);

function mostSpecific({ comment, found }: Step): string {
  return found.at(-1) ?? comment;
}

const ICMP_WORDS: Readonly<Record<string, string>> = {
  '3/0': 'no route',
  '3/1': 'host unreachable',
  '3/3': 'port unreachable',
  '3/13': 'administratively prohibited',
  '1/0': 'no route',
  '1/1': 'administratively prohibited',
  '1/2': 'beyond the scope of its address',
  '1/3': 'address unreachable',
  '1/4': 'port unreachable',
};

export function refusalText(refusal: Refusal): string {
  if (refusal.with === 'tcp-reset') return 'a TCP reset';
  const { type, code } = refusal;
  const words = ICMP_WORDS[`${type}/${code}`] ?? `type ${type}, code ${code}`;
  return `an ICMP error ("${words}")`;
}

/** `192.168.77.20:443`, or the address alone where there is no port. */
export function placeText({ address, port }: Place, hasPorts: boolean): string {
  return hasPorts ? formatEndpoint({ address, port }) : formatAddress(address);
}

/** One rule of the packet's way. */
export function stepText({ chain, comment, found, outcome }: Step): string {
  const by = found.length === 0 ? '' : ` (${found.join(', ')})`;
  return `${chain}: ${comment}${by}${effectText(outcome)}`;
}

function effectText(outcome: Step['outcome']): string {
  switch (outcome.kind) {
    case 'refuse':
      return `, refused with ${refusalText(outcome.refusal)}`;
    case 'translate': {
      const { end, address, port } = outcome;
      const place = [address === null ? [] : [formatAddress(address)], port === null ? [] : [`port ${port}`]];
      return `, new ${end} ${place.flat().join(' ')}`;
    }
    case 'verdict': {
      const { code, chain } = outcome.verdict;
      if (chain !== undefined) return `, on to ${chain}`;
      return code === 0 ? ', dropped' : ', accepted';
    }
    case 'next':
    case 'break':
    default:
      return '';
  }
}
