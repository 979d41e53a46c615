import { encodeAll } from '../../wire/field/codec.ts';
import { NFPROTO, NFT_OBJECT, NFT_VERDICT } from '../../wire/nftables/constants.ts';
import { splitElements } from '../../wire/nftables/element.ts';
import { counter } from '../../wire/nftables/expression/counter.ts';
import type { NftMessage, NftSubject } from '../../wire/nftables/message.ts';
import { commentItem, userData } from '../../wire/nftables/user-data.ts';
import type { Ruleset, RulesetChain } from './ruleset.ts';
import { elementBodies, setBody } from './set-messages.ts';

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

/**
 * Messages that make the content of a ruleset in an empty place. Chains come first because elements may lead to them,
 * rules last because they name all the rest.
 */
export function contentMessages(
  ruleset: Ruleset,
  totals: ReadonlyMap<string, CounterValue> = new Map(),
): NftMessage[] {
  const { table } = ruleset;
  const nothing: CounterValue = { packets: 0n, bytes: 0n };
  return [
    add({ kind: 'table', body: { name: table, flags: 0, userData: comment(ruleset.comment) } }),
    ...ruleset.chains.map((chain) => chainBody(table, chain)),
    ...ruleset.counters.map((name) => {
      const data = encodeAll(counter, totals.get(name) ?? nothing);
      return add({ kind: 'object', body: { table, name, type: NFT_OBJECT.COUNTER, data } });
    }),
    ...ruleset.sets.flatMap((set, index) => {
      const id = index + 1;
      const lists = splitElements(elementBodies(set));
      return [
        add({ kind: 'set', body: setBody(table, set, id) }),
        ...lists.map((elements) =>
          add({ kind: 'elements', body: { table, set: set.name, setId: id, elements } }),
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
 * meets the old ruleset, the packet after it the new one. Connections are kept by conntrack and go on; counters
 * begin with their totals.
 */
export function replacementMessages(
  ruleset: Ruleset,
  totals: ReadonlyMap<string, CounterValue>,
): NftMessage[] {
  return [...removalMessages(ruleset.table), ...contentMessages(ruleset, totals)];
}
