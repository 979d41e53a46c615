import { commentOf } from '../../wire/nftables/user-data.ts';
import type { NftMessage } from '../../wire/nftables/message.ts';
import { canonicalLine } from './canonical.ts';
import { compileRuleset } from './compile.ts';
import { minimalRuleset } from './minimal.ts';
import { CHAIN } from './names.ts';
import { ALL_FEATURES, type FirewallFeatures, type FirewallOptions } from './options.ts';
import type { Ruleset } from './ruleset.ts';
import { contentOf } from './table-content.ts';
import { contentMessages } from './transaction.ts';

export type Feature = keyof FirewallFeatures;

/** Something the kernel will not have, and what there is no more because of it. */
export interface Refusal {
  /** `mode`: nothing optional, so that only the minimal ruleset is left. */
  readonly lost: Feature | 'mode';
  /** The message it refused, as {@link markOf}. As long as a wish holds that very message, it is not tried again. */
  readonly mark: string;
  /** In plain words, `flow offload: this kernel has no flow tables`. */
  readonly text: string;
}

/** The best ruleset that holds nothing of what is known to be refused. */
export interface Rung {
  readonly ruleset: Ruleset;
  /** Those that made it less than the full one. */
  readonly refusals: readonly Refusal[];
}

/** What the kernel said to a message. */
export interface Objection {
  readonly message: NftMessage;
  readonly errno: string;
  /** Set where it objects to a part of the message, such as a device. */
  readonly offset?: number | undefined;
}

/** What is missed least comes first: speed, then what tells, then what clamps, then what guards. */
const FEATURES: readonly Feature[] = ['offload', 'log', 'accounting', 'mssClamp', 'limits', 'antiSpoof'];

const WORDS: Readonly<Record<Feature, { readonly name: string; readonly lack: string }>> = {
  offload: { name: 'flow offload', lack: 'this kernel has no flow tables' },
  log: { name: 'log of dropped packets', lack: 'this kernel cannot tell programs of packets' },
  accounting: {
    name: 'traffic of each device',
    lack: 'this kernel has no sets that rules fill with counters',
  },
  mssClamp: { name: 'clamping of the MSS', lack: 'this kernel cannot change options of TCP' },
  limits: { name: 'limits for each sender', lack: 'this kernel has no sets that rules fill with limits' },
  antiSpoof: {
    name: 'dropping of forged senders',
    lack: 'this kernel cannot look up the way back to a sender',
  },
};

const NO_FEATURES: FirewallFeatures = {
  offload: false,
  log: false,
  accounting: false,
  limits: false,
  antiSpoof: false,
  mssClamp: false,
};

/** What a kernel says that lacks something. All else, such as ENOMEM or ENFILE, is about this moment or these values. */
const LACKS = new Set([
  'ENOENT',
  'EOPNOTSUPP',
  'EINVAL',
  'EAFNOSUPPORT',
  'EPROTONOSUPPORT',
  'ENOPROTOOPT',
  'ENODEV',
  'ENOSYS',
]);

/** The rung for a wish. Refusals that are of another wish are forgotten. @throws UserError as compileRuleset() */
export function rungFor(options: FirewallOptions, refusals: readonly Refusal[]): Rung {
  let features = ALL_FEATURES;
  let ruleset = compileRuleset(options, features);
  const holding: Refusal[] = [];
  for (const refusal of refusals) {
    if (!marksOf(ruleset).has(refusal.mark)) continue;
    holding.push(refusal);
    if (refusal.lost === 'mode') return { ruleset: minimalRuleset(options), refusals: holding };
    features = { ...features, [refusal.lost]: false };
    ruleset = compileRuleset(options, features);
  }
  return { ruleset, refusals: holding };
}

/**
 * What the kernel's objection to a message of a rung's ruleset costs: the features without which the message is not
 * sent, as few and as little missed as can be; `mode` if it is sent without any of them. Undefined if the kernel has
 * no lack of anything.
 */
export function refusalsOf(
  options: FirewallOptions,
  rung: Rung,
  objection: Objection,
): readonly Refusal[] | undefined {
  if (!LACKS.has(objection.errno)) return undefined;
  const mark = markOf(objection.message);
  const lost = new Set(rung.refusals.map((refusal) => refusal.lost));
  if (lost.has('mode')) return undefined;
  const isSent = (features: FirewallFeatures): boolean =>
    marksOf(compileRuleset(options, features)).has(mark);
  let features = NO_FEATURES;
  if (isSent(features)) return [{ lost: 'mode', mark, text: modeText(options, objection.message) }];
  const refusals: Refusal[] = [];
  for (const feature of FEATURES.toReversed().filter((one) => !lost.has(one))) {
    const more = { ...features, [feature]: true };
    if (isSent(more)) refusals.push({ lost: feature, mark, text: textOf(feature, options, objection) });
    else features = more;
  }
  return refusals.length === 0 ? undefined : refusals;
}

/** Whether what the kernel has of our table is a full ruleset, of whatever options, and whole enough to stay. */
export function isFull(options: FirewallOptions, messages: readonly NftMessage[]): boolean {
  const { table, chains } = contentOf(messages);
  const full = contentOf(contentMessages(compileRuleset(options))).table;
  const hasRules = (name: string): boolean => (chains.get(name)?.rules.length ?? 0) > 0;
  return table?.line === full?.line && hasRules(CHAIN.INPUT) && hasRules(CHAIN.FORWARD);
}

function textOf(feature: Feature, { offload }: FirewallOptions, { message, offset }: Objection): string {
  const { name, lack } = WORDS[feature];
  // The kernel objects to the whole message where it has no flow tables, to a part of it where a device is missing.
  if (message.kind === 'flowTable' && offset !== undefined)
    return `${name}: not all of the devices ${offload.join(', ')} are there or can take part`;
  return `${name}: ${lack}`;
}

function modeText({ mode }: FirewallOptions, message: NftMessage): string {
  return `forwards and services on the WAN: this kernel lacks what mode "${mode}" needs for ${whatOf(message)}`;
}

function whatOf({ kind, body }: NftMessage): string {
  switch (kind) {
    case 'rule':
      return `the rule "${commentOf(body.userData) ?? ''}"`;
    case 'elements':
      return `the elements of set ${body.set ?? ''}`;
    case 'generation':
      return kind;
    default:
      return `the ${kind} ${body.name ?? ''}`;
  }
}

/** What a message is known by in later rulesets; lists of elements by their set, however they are cut. */
function markOf(message: NftMessage): string {
  return message.kind === 'elements' ? `elements ${message.body.set}` : canonicalLine(message);
}

function marksOf(ruleset: Ruleset): ReadonlySet<string> {
  const sets = ruleset.sets.map((set) => ({ ...set, elements: set.elements.slice(0, 1) }));
  return new Set(contentMessages({ ...ruleset, sets }).map(markOf));
}
