import { toHex } from '../../base/hex.ts';
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

/** Plain values with their keys in alphabetical order, bytes as hexadecimal and big numbers as text. */
function plain(value: unknown): unknown {
  if (value instanceof Uint8Array) return toHex(value);
  if (typeof value === 'bigint') return String(value);
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value)
    .filter(([key]) => !PASSING.has(key))
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

function line(name: string, body: object, kind = ''): string {
  const implied = IMPLIED[kind] ?? {};
  const entries = Object.entries(body).filter(([key, value]) => !(key in implied && implied[key] === value));
  return `${name} ${JSON.stringify(plain(Object.fromEntries(entries)))}`;
}

/**
 * A ruleset as sorted lines that are the same for the messages that make it and for what the kernel gives back of it:
 * each element on its own, each rule with its place in the chain, without what only one of the two sides knows.
 */
export function canonicalLines(messages: readonly NftMessage[]): readonly string[] {
  const places = new Map<string, number>();
  const lines = messages.flatMap((message): readonly string[] => {
    switch (message.kind) {
      case 'elements': {
        const { set = '', elements = [] } = message.body;
        return elements.map((one) => line(`element ${set}`, one));
      }
      case 'rule': {
        const { chain = '', ...body } = message.body;
        const place = (places.get(chain) ?? 0) + 1;
        places.set(chain, place);
        return [line(`rule ${chain} ${place}`, body)];
      }
      case 'object': {
        const { data: _values, ...body } = message.body;
        return [line('object', body)];
      }
      default:
        return [line(message.kind, message.body, message.kind)];
    }
  });
  return lines.toSorted();
}
