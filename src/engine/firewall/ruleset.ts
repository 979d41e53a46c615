import type { Duration } from '../../base/duration.ts';
import type { DataTypeName } from '../../wire/nftables/data-type.ts';
import type { Verdict } from '../../wire/nftables/data.ts';
import type { Expression } from '../../wire/nftables/expression.ts';

/** The whole content of our table as values; nothing in it depends on what is in the kernel. */
export interface Ruleset {
  readonly table: string;
  readonly comment: string;
  /** The devices of the flow table, which is there only if there are any. */
  readonly flowTable?: readonly string[] | undefined;
  /** Names of counters; their values outlive a change of the ruleset. */
  readonly counters: readonly string[];
  readonly sets: readonly RulesetSet[];
  readonly chains: readonly RulesetChain[];
}

export interface RulesetSet {
  readonly name: string;
  /** The place in the configuration that fills it. */
  readonly comment: string;
  /** One type, or the fields of a concatenation. */
  readonly key: readonly DataTypeName[];
  /** What a map maps to; a plain set has none. */
  readonly value?: readonly DataTypeName[] | 'counter' | undefined;
  /** Keys may be ranges. */
  readonly interval: boolean;
  /** Each element counts the packets that find it. */
  readonly counted?: boolean | undefined;
  /** Filled by rules and not by us: `elements` is empty, and what is in it outlives a change of the ruleset. */
  readonly dynamic?: { readonly size: number; readonly timeout?: Duration | undefined } | undefined;
  readonly elements: readonly RulesetElement[];
}

export interface RulesetElement {
  readonly key: Uint8Array;
  /** Last key of a range; only in sets with `interval`, there in every element. */
  readonly last?: Uint8Array | undefined;
  readonly value?:
    | { readonly bytes: Uint8Array }
    | { readonly verdict: Verdict }
    | { readonly counter: string }
    | undefined;
  readonly comment?: string | undefined;
}

export interface RulesetChain {
  readonly name: string;
  /** Where it hangs in the packet's way; a chain without is reached by goto. */
  readonly base?: BaseChain | undefined;
  readonly rules: readonly RulesetRule[];
}

export interface BaseChain {
  readonly type: 'filter' | 'nat';
  /** NF_INET_* */
  readonly hook: number;
  /** Lower comes first. */
  readonly priority: number;
  readonly policy: 'accept' | 'drop';
}

export interface RulesetRule {
  /** The line of the configuration it comes from, `firewall.pingFromWan`, or `always: ` and why. */
  readonly comment: string;
  readonly expressions: readonly Expression[];
}

/** NF_IP_PRI_* of linux/netfilter_ipv4.h, the same for IPv6. */
export const PRIORITY = { RAW: -300, MANGLE: -150, DSTNAT: -100, FILTER: 0, SRCNAT: 100 } as const;

/** A rule of the statements in order. */
export function rule(comment: string, ...statements: readonly (readonly Expression[])[]): RulesetRule {
  return { comment, expressions: statements.flat() };
}
