import { NFPROTO } from '../../wire/nftables/constants.ts';
import { type Element, splitElements } from '../../wire/nftables/element.ts';
import type { NftMessage, NftSubject } from '../../wire/nftables/message.ts';
import type { Ruleset } from './ruleset.ts';
import { elementKey, withCounts } from './set-messages.ts';
import { type Content, type SetContent, type TableContent, contentOf } from './table-content.ts';
import { contentMessages } from './transaction.ts';

/** How to get from what the kernel has to what is wanted. */
export type Difference =
  | { readonly kind: 'none' }
  | { readonly kind: 'change'; readonly messages: readonly NftMessage[] }
  /** Only a whole new table will do; `reason` says what cannot be changed in place. */
  | { readonly kind: 'replacement'; readonly reason: string };

/**
 * The smallest transaction that makes the ruleset from what the kernel has of our table: what is in both is not
 * touched, so that its counters, limits and dynamic elements stay. Chains whose rules differ are emptied and filled
 * again, which no packet sees.
 */
export function differenceTo(ruleset: Ruleset, kernel: readonly NftMessage[]): Difference {
  const there = contentOf(kernel);
  const wanted = contentOf(contentMessages(ruleset));
  const reason = obstacle(there, wanted);
  if (reason !== undefined) return { kind: 'replacement', reason };
  const messages = changes(ruleset.table, there, wanted);
  return messages.length === 0 ? { kind: 'none' } : { kind: 'change', messages };
}

/** What the kernel cannot change in place, if anything. */
function obstacle(there: TableContent, wanted: TableContent): string | undefined {
  if (there.table === undefined) return 'there is none';
  if (there.table.line !== wanted.table?.line) return 'the one there is another';
  const redefined = (
    kind: string,
    old: ReadonlyMap<string, Content>,
    fresh: ReadonlyMap<string, Content>,
  ): string[] =>
    [...fresh]
      .filter(([name, { line }]) => (old.get(name)?.line ?? line) !== line)
      .map(([name]) => `${kind} ${name} was another`);
  return [
    ...redefined('flow table', there.flowTables, wanted.flowTables),
    ...redefined('counter', there.objects, wanted.objects),
    ...redefined('chain', there.chains, wanted.chains),
    ...redefined('set', there.sets, wanted.sets),
  ][0];
}

/**
 * In this order nothing is used before it is there, nor removed while it is used: definitions; rules away, elements
 * away, what they named away; elements, which may lead to chains and counters; rules, which name all the rest.
 */
function changes(table: string, there: TableContent, wanted: TableContent): NftMessage[] {
  const sets = [...wanted.sets].map(([name, set]) =>
    elementChanges({ table, name }, there.sets.get(name), set),
  );
  const refilled = [...wanted.chains].filter(
    ([name, { rules }]) => !isSame(there.chains.get(name)?.rules, rules),
  );
  const emptied = [...there.chains].filter(
    ([name, { rules }]) => rules.length > 0 && !isSame(wanted.chains.get(name)?.rules, rules),
  );
  return [
    ...added(there.flowTables, wanted.flowTables),
    ...added(there.chains, wanted.chains),
    ...policyChanges(table, there, wanted),
    ...added(there.objects, wanted.objects),
    ...added(there.sets, wanted.sets),
    ...emptied.map(([chain]) => removal({ kind: 'rule', body: { table, chain } })),
    ...sets.flatMap(({ removals }) => removals),
    ...removed(there.sets, wanted.sets).map((name) => removal({ kind: 'set', body: { table, name } })),
    ...removed(there.chains, wanted.chains).map((name) => removal({ kind: 'chain', body: { table, name } })),
    ...objectRemovals(table, there, wanted),
    ...removed(there.flowTables, wanted.flowTables).map((name) =>
      removal({ kind: 'flowTable', body: { table, name } }),
    ),
    ...sets.flatMap(({ additions }) => additions),
    ...refilled.flatMap(([, { rules }]) => rules.map(({ message }) => message)),
  ];
}

function removal(subject: NftSubject): NftMessage {
  return { operation: 'delete', family: NFPROTO.INET, ...subject };
}

function added(there: ReadonlyMap<string, Content>, wanted: ReadonlyMap<string, Content>): NftMessage[] {
  return [...wanted].filter(([name]) => !there.has(name)).map(([, { message }]) => message);
}

function removed(there: ReadonlyMap<string, Content>, wanted: ReadonlyMap<string, Content>): string[] {
  return [...there.keys()].filter((name) => !wanted.has(name));
}

function isSame(old: readonly Content[] | undefined, rules: readonly Content[]): boolean {
  return old?.length === rules.length && old.every(({ line }, index) => line === rules[index]?.line);
}

function policyChanges(table: string, there: TableContent, wanted: TableContent): NftMessage[] {
  return [...wanted.chains].flatMap(([name, { policy }]): NftMessage[] => {
    const old = there.chains.get(name);
    if (old === undefined || old.policy === policy) return [];
    return [{ operation: 'add', family: NFPROTO.INET, kind: 'chain', body: { table, name, policy } }];
  });
}

/** The kernel tells objects of one name apart by their type. */
function objectRemovals(table: string, there: TableContent, wanted: TableContent): NftMessage[] {
  return [...there.objects].flatMap(([name, { message }]) =>
    wanted.objects.has(name) || message.kind !== 'object'
      ? []
      : [removal({ kind: 'object', body: { table, name, type: message.body.type } })],
  );
}

interface SetPlace {
  readonly table: string;
  readonly name: string;
}

interface ElementChanges {
  readonly removals: readonly NftMessage[];
  readonly additions: readonly NftMessage[];
}

/**
 * From the elements of a set to others. An element that only means something else now keeps what it has counted.
 * Separate ends belong to no one start, so such a set, which is small, is filled again as a whole; so is one that
 * loses most of what it has, which is the shorter message.
 */
function elementChanges(place: SetPlace, old: SetContent | undefined, fresh: SetContent): ElementChanges {
  const there: SetContent['elements'] = old?.elements ?? new Map();
  const isNew = ([key, { line }]: readonly [string, { readonly line: string }]): boolean =>
    there.get(key)?.line !== line;
  const gone = [...there].filter(([key, { line }]) => fresh.elements.get(key)?.line !== line);
  const hasChanged = gone.length > 0 || fresh.hasDuplicates || fresh.elements.size > there.size;
  if (fresh.isDynamic || !hasChanged) return { removals: [], additions: [] };
  const isRefilled = fresh.hasSeparateEnds || fresh.hasDuplicates || gone.length * 2 > there.size;
  const wanted = isRefilled ? fresh.all : [...fresh.elements].filter(isNew).map(([, { element }]) => element);
  const goneKeys = gone.map(([, { element }]) => keyOnly(element));
  return {
    removals:
      isRefilled && there.size > 0
        ? [removal({ kind: 'elements', body: { table: place.table, set: place.name } })]
        : elementMessages('delete', place, goneKeys),
    additions: elementMessages(
      'add',
      place,
      wanted.map((element) => withCounts(element, there.get(elementKey(element))?.element)),
    ),
  };
}

function keyOnly({ flags, key, keyEnd }: Element): Element {
  return { flags, key, keyEnd };
}

function elementMessages(
  operation: 'add' | 'delete',
  { table, name: set }: SetPlace,
  elements: readonly Element[],
): NftMessage[] {
  return splitElements(elements).map((list) => ({
    operation,
    family: NFPROTO.INET,
    kind: 'elements',
    body: { table, set, elements: list },
  }));
}
