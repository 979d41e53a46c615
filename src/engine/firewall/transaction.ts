import { encodeAll } from '../../wire/field/codec.ts';
import { NFPROTO, NFT_OBJECT, NFT_VERDICT } from '../../wire/nftables/constants.ts';
import { type Element, splitElements } from '../../wire/nftables/element.ts';
import { counter } from '../../wire/nftables/expression/counter.ts';
import { NF_NETDEV_INGRESS, NFT_FLOWTABLE } from '../../wire/nftables/flow-table.ts';
import type { NftMessage, NftSubject } from '../../wire/nftables/message.ts';
import { commentItem, userData } from '../../wire/nftables/user-data.ts';
import { FLOW_TABLE } from './names.ts';
import { PRIORITY, type Ruleset, type RulesetChain } from './ruleset.ts';
import { carriedElements, setBody } from './set-messages.ts';

export interface CounterValue {
  readonly packets: bigint;
  readonly bytes: bigint;
}

function add(subject: NftSubject): NftMessage {
  return { operation: 'add', family: NFPROTO.INET, ...subject };
}

function comment(text: string): Uint8Array {
  return encodeAll(userData, [commentItem(text)]);
}

function chainBody(table: string, { name, base }: RulesetChain): NftMessage {
  if (base === undefined) return add({ kind: 'chain', body: { table, name } });
  const { type, policy, hook, priority } = base;
  return add({
    kind: 'chain',
    body: {
      table,
      name,
      type,
      policy: policy === 'accept' ? NFT_VERDICT.ACCEPT : NFT_VERDICT.DROP,
      hook: { number: hook, priority },
    },
  });
}

/** What goes from a table into the one that takes its place. */
export interface Carried {
  readonly totals: ReadonlyMap<string, CounterValue>;
  /** By the name of their set, as the kernel has them: those of counted sets, also of those that rules fill. */
  readonly elements: ReadonlyMap<string, readonly Element[]>;
}

export const NOTHING_CARRIED: Carried = { totals: new Map(), elements: new Map() };

/**
 * Messages that make the content of a ruleset in an empty place. Chains come first because elements may lead to them,
 * rules last because they name all the rest.
 */
export function contentMessages(ruleset: Ruleset, carried: Carried = NOTHING_CARRIED): NftMessage[] {
  const { table } = ruleset;
  const nothing: CounterValue = { packets: 0n, bytes: 0n };
  return [
    add({ kind: 'table', body: { name: table, flags: 0, userData: comment(ruleset.comment) } }),
    ...flowTableMessages(ruleset),
    ...ruleset.chains.map((chain) => chainBody(table, chain)),
    ...ruleset.counters.map((name) => {
      const data = encodeAll(counter, carried.totals.get(name) ?? nothing);
      return add({ kind: 'object', body: { table, name, type: NFT_OBJECT.COUNTER, data } });
    }),
    ...ruleset.sets.flatMap((set, index) => {
      const id = index + 1;
      const elements = carriedElements(set, carried.elements.get(set.name) ?? []);
      return [
        add({ kind: 'set', body: setBody(table, set, id) }),
        ...splitElements(elements).map((list) =>
          add({ kind: 'elements', body: { table, set: set.name, setId: id, elements: list } }),
        ),
      ];
    }),
    ...ruleset.chains.flatMap(({ name: chain, rules }) =>
      rules.map(({ expressions, comment: text }) =>
        add({ kind: 'rule', body: { table, chain, expressions, userData: comment(text) } }),
      ),
    ),
  ];
}

function flowTableMessages({ table, flowTable: devices = [] }: Ruleset): NftMessage[] {
  if (devices.length === 0) return [];
  const hook = { number: NF_NETDEV_INGRESS, priority: PRIORITY.FILTER, devices };
  return [add({ kind: 'flowTable', body: { table, name: FLOW_TABLE, hook, flags: NFT_FLOWTABLE.COUNTER } })];
}

/** Messages that remove a table whether it is there or not: only one that exists can be deleted. */
export function removalMessages(table: string): NftMessage[] {
  const body = { name: table, flags: 0 };
  return [
    add({ kind: 'table', body }),
    { operation: 'delete', family: NFPROTO.INET, kind: 'table', body: { name: table } },
  ];
}

/**
 * Messages that put the ruleset in the place of whatever the table holds, as one transaction: the packet before it
 * meets the old ruleset, the packet after it the new one. Connections are kept by conntrack and go on; what was
 * counted goes on from what is carried over.
 */
export function replacementMessages(ruleset: Ruleset, carried: Carried): NftMessage[] {
  return [...removalMessages(ruleset.table), ...contentMessages(ruleset, carried)];
}
