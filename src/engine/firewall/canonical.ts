import { toHex } from '../../base/hex.ts';
import type { Element } from '../../wire/nftables/element.ts';
import type { NftMessage } from '../../wire/nftables/message.ts';

/**
 * Given by the kernel, or with a meaning only within a transaction; the values of counters change by themselves.
 * Attributes without a name are those a newer kernel tells besides, such as the number of elements of a set.
 */
const PASSING = new Set(['table', 'handle', 'use', 'id', 'setId', 'position', 'counters', 'unknown']);

/** Attributes with a value that the kernel adds or leaves out: NFT_CHAIN_BASE says only that there is a hook. */
const IMPLIED: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  table: { flags: 0 },
  chain: { flags: 1 },
  set: { flags: 0, policy: 0 },
};

/** What the kernel gives back of an expression though it refuses to be told (nft_exthdr_tcp_set_init()). */
const UNTOLD: Readonly<Record<string, Readonly<Record<string, unknown>>>> = { exthdr: { flags: 0 } };

/** Plain values with their keys in alphabetical order, bytes as hexadecimal and big numbers as text. */
function plain(value: unknown): unknown {
  if (value instanceof Uint8Array) return toHex(value);
  if (typeof value === 'bigint') return String(value);
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null) return value;
  if ('kind' in value && value.kind === 'counter') return { kind: 'counter' };
  const untold = UNTOLD['kind' in value ? String(value.kind) : ''] ?? {};
  const entries = Object.entries(value)
    .filter(([key, one]) => !PASSING.has(key) && !(key in untold && untold[key] === one))
    .map(([key, one]): readonly [string, unknown] => [key, plain(one)])
    .filter(([, one]) => !isNothing(one));
  return Object.fromEntries(entries.toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

/** What an attribute says that is there or not without a difference. */
function isNothing(value: unknown): boolean {
  return (
    value === undefined || (typeof value === 'object' && value !== null && Object.keys(value).length === 0)
  );
}

/**
 * What stays of an element over time: not what it counted, nor how long it has still to live. Made by hand because
 * there are thousands of them.
 */
export function canonicalElement({ flags, timeout, key, keyEnd, data, userData, object }: Element): string {
  const { code = '', chain = '' } = data?.verdict ?? {};
  const value = `${hex(data?.value)} ${code} ${chain} ${object ?? ''}`;
  return `${flags ?? 0} ${hex(key?.value)}-${hex(keyEnd?.value)} ${timeout ?? ''} : ${value} ${hex(userData)}`;
}

function hex(bytes: Uint8Array | undefined): string {
  return bytes === undefined ? '' : toHex(bytes);
}

/**
 * What a message makes, as a line that is the same for what we send and for what the kernel gives back of it, without
 * what only one of the two sides knows. A list of elements has one line for each, see {@link canonicalElement}.
 */
export function canonicalLine({ kind, body }: Pick<NftMessage, 'kind' | 'body'>): string {
  const implied = IMPLIED[kind] ?? {};
  // The content of an object is what it has counted.
  const passing = kind === 'object' ? ['data'] : [];
  const entries = Object.entries(body).filter(
    ([key, value]) => !(key in implied && implied[key] === value) && !passing.includes(key),
  );
  return `${kind} ${JSON.stringify(plain(Object.fromEntries(entries)), inAnyOrder)}`;
}

/** The devices of a flow table have no order of their own. */
function inAnyOrder(key: string, value: unknown): unknown {
  return key === 'devices' && Array.isArray(value) ? value.map(String).toSorted() : value;
}

/** A whole ruleset as sorted canonical lines, each element on its own and each rule with its place in the chain. */
export function canonicalLines(messages: readonly NftMessage[]): readonly string[] {
  const places = new Map<string, number>();
  const lines = messages.flatMap((message): readonly string[] => {
    if (message.kind === 'elements') {
      const { set = '', elements = [] } = message.body;
      return elements.map((one) => `element ${set} ${canonicalElement(one)}`);
    }
    if (message.kind !== 'rule') return [canonicalLine(message)];
    const { chain = '' } = message.body;
    const place = (places.get(chain) ?? 0) + 1;
    places.set(chain, place);
    return [`${place} ${canonicalLine(message)}`];
  });
  return lines.toSorted();
}
