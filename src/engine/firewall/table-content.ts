import { NFT_SET } from '../../wire/nftables/constants.ts';
import type { Element } from '../../wire/nftables/element.ts';
import type { NftMessage } from '../../wire/nftables/message.ts';
import { canonicalElement, canonicalLine } from './canonical.ts';
import { elementKey } from './set-messages.ts';

/** One thing in a table: the message that makes it, and the line by which it is compared. */
export interface Content {
  readonly message: NftMessage;
  readonly line: string;
}

export interface ChainContent extends Content {
  /** Of a base chain; not part of the line, because it can be changed in place. */
  readonly policy: number | undefined;
  /** In their order. */
  readonly rules: readonly Content[];
}

export interface SetContent extends Content {
  /** Filled by rules; its elements are not among what is compared. */
  readonly isDynamic: boolean;
  /** Ranges of one field, whose ends are elements of their own. */
  readonly hasSeparateEnds: boolean;
  /** By their keys; the last of those with the same. */
  readonly elements: ReadonlyMap<string, { readonly element: Element; readonly line: string }>;
  /** Some have the same key, which the kernel has to judge. */
  readonly hasDuplicates: boolean;
  readonly all: readonly Element[];
}

/** A table taken apart by kind and name; the same for what we send and what the kernel gives back. */
export interface TableContent {
  readonly table: Content | undefined;
  readonly flowTables: ReadonlyMap<string, Content>;
  readonly objects: ReadonlyMap<string, Content>;
  readonly chains: ReadonlyMap<string, ChainContent>;
  readonly sets: ReadonlyMap<string, SetContent>;
}

/** Puts messages that make one table into their places. Elements and rules of what is not declared are left out. */
export function contentOf(messages: readonly NftMessage[]): TableContent {
  const rules = rulesByChain(messages);
  const elements = elementsBySet(messages);
  const content = {
    table: undefined as Content | undefined,
    flowTables: new Map<string, Content>(),
    objects: new Map<string, Content>(),
    chains: new Map<string, ChainContent>(),
    sets: new Map<string, SetContent>(),
  };
  for (const message of messages) {
    const { kind, body } = message;
    const name = 'name' in body ? (body.name ?? '') : '';
    if (kind === 'table') content.table = { message, line: canonicalLine(message) };
    if (kind === 'flowTable') content.flowTables.set(name, { message, line: canonicalLine(message) });
    if (kind === 'object') content.objects.set(name, { message, line: canonicalLine(message) });
    if (kind === 'chain') {
      const { policy, ...definition } = body;
      const line = canonicalLine({ kind, body: definition });
      content.chains.set(name, { message, line, policy, rules: rules.get(name) ?? [] });
    }
    if (kind === 'set') {
      content.sets.set(name, setContent(message, body.flags ?? 0, elements.get(name) ?? []));
    }
  }
  return content;
}

function setContent(message: NftMessage, flags: number, all: readonly Element[]): SetContent {
  const elements = new Map(
    all.map((element) => [elementKey(element), { element, line: canonicalElement(element) }]),
  );
  return {
    message,
    line: canonicalLine(message),
    isDynamic: (flags & NFT_SET.EVAL) !== 0,
    hasSeparateEnds: (flags & (NFT_SET.INTERVAL | NFT_SET.CONCAT)) === NFT_SET.INTERVAL,
    elements,
    hasDuplicates: elements.size < all.length,
    all,
  };
}

function rulesByChain(messages: readonly NftMessage[]): ReadonlyMap<string, readonly Content[]> {
  const chains = new Map<string, Content[]>();
  for (const message of messages) {
    if (message.kind !== 'rule') continue;
    const { chain = '' } = message.body;
    const rules = chains.get(chain) ?? [];
    rules.push({ message, line: canonicalLine(message) });
    chains.set(chain, rules);
  }
  return chains;
}

function elementsBySet(messages: readonly NftMessage[]): ReadonlyMap<string, readonly Element[]> {
  const sets = new Map<string, Element[]>();
  for (const message of messages) {
    if (message.kind !== 'elements') continue;
    const { set = '', elements = [] } = message.body;
    const known = sets.get(set) ?? [];
    known.push(...elements);
    sets.set(set, known);
  }
  return sets;
}
