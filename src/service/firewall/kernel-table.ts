import { NetlinkError } from '../../engine/netlink-dialog/netlink-error.ts';
import type { Carried, CounterValue } from '../../engine/firewall/transaction.ts';
import type { NetlinkSession } from '../../port/netlink-session.ts';
import { decodeAll } from '../../wire/field/codec.ts';
import { NFPROTO, NFT_OBJECT, NFT_SET } from '../../wire/nftables/constants.ts';
import type { Element } from '../../wire/nftables/element.ts';
import { counter } from '../../wire/nftables/expression/counter.ts';
import { type NftMessage, type NftSubject, decodeNft, encodeNft } from '../../wire/nftables/message.ts';
import type { NftSet } from '../../wire/nftables/set.ts';

/** What the kernel has of our table. */
export interface KernelTable {
  /** Everything in it but the elements of dynamic sets, as messages that would make it; empty if there is no such table. */
  readonly messages: readonly NftMessage[];
  /** Of the kernel's ruleset while it was read; undefined if it did not hold still. */
  readonly generation: number | undefined;
}

/** Reading is repeated when somebody changes any ruleset meanwhile; so often, then the last reading stands. */
const MAX_READINGS = 5;

async function read(session: NetlinkSession, subject: NftSubject, dump: boolean): Promise<NftMessage[]> {
  const { type, payload } = encodeNft({ operation: 'get', family: NFPROTO.INET, ...subject });
  const purpose = `read the ${subject.kind} list of nftables`;
  const replies = await session.request({ type, flags: 0, payload, purpose }, { dump });
  return replies.map(decodeNft).filter((message) => message !== undefined);
}

function dump(session: NetlinkSession, subject: NftSubject): Promise<NftMessage[]> {
  return read(session, subject, true);
}

/** The number of the kernel's ruleset, which every transaction of anybody raises. */
async function readGeneration(session: NetlinkSession): Promise<number | undefined> {
  const [message] = await read(session, { kind: 'generation', body: {} }, false);
  return message?.kind === 'generation' ? message.body.id : undefined;
}

/** Asked for by name, so that no other table is read. */
async function readDeclaration(session: NetlinkSession, name: string): Promise<readonly NftMessage[]> {
  try {
    return await read(session, { kind: 'table', body: { name } }, false);
  } catch (error) {
    if (error instanceof NetlinkError && error.errno === 'ENOENT') return [];
    throw error;
  }
}

async function readOnce(session: NetlinkSession, table: string): Promise<readonly NftMessage[]> {
  const declaration = await readDeclaration(session, table);
  if (declaration.length === 0) return [];
  // The kernel gives the chains of every table of the family, and names the table in each.
  const isOurs = ({ body }: NftMessage): boolean => 'table' in body && body.table === table;
  const lists = await Promise.all([
    dump(session, { kind: 'chain', body: {} }),
    dump(session, { kind: 'object', body: { table } }),
    dump(session, { kind: 'flowTable', body: { table } }),
    dump(session, { kind: 'set', body: { table } }),
    dump(session, { kind: 'rule', body: { table } }),
  ]);
  const messages = lists.flat().filter(isOurs);
  const names = setsOf(messages)
    .filter(({ flags = 0 }) => (flags & NFT_SET.EVAL) === 0)
    .map(({ name = '' }) => name);
  const elements = await Promise.all(
    names.map((set) => dump(session, { kind: 'elements', body: { table, set } })),
  );
  return [...declaration, ...messages, ...elements.flat()];
}

/** Reads the whole table, of one generation. @throws NetlinkError */
export async function readTable(session: NetlinkSession, table: string): Promise<KernelTable> {
  let messages: readonly NftMessage[] = [];
  for (let reading = 0; reading < MAX_READINGS; reading++) {
    const before = await readGeneration(session);
    messages = await readOnce(session, table);
    if ((await readGeneration(session)) === before) return { messages, generation: before };
  }
  return { messages, generation: undefined };
}

/** Reads the named counters of the table alone, no table has none. */
export async function readTotals(
  session: NetlinkSession,
  table: string,
): Promise<ReadonlyMap<string, CounterValue>> {
  const messages = await dump(session, { kind: 'object', body: { table, type: NFT_OBJECT.COUNTER } });
  const totals = new Map<string, CounterValue>();
  for (const { kind, body } of messages) {
    if (kind !== 'object' || body.table !== table || body.type !== NFT_OBJECT.COUNTER) continue;
    const { packets = 0n, bytes = 0n } = decodeAll(counter, body.data ?? new Uint8Array());
    totals.set(body.name ?? '', { packets, bytes });
  }
  return totals;
}

/** The declarations of the sets whose elements count, or those among messages that are known already. */
export async function readCountedSets(session: NetlinkSession, table: string): Promise<readonly string[]> {
  return countedSets(await dump(session, { kind: 'set', body: { table } }));
}

function countedSets(messages: readonly NftMessage[]): readonly string[] {
  return setsOf(messages)
    .filter(({ expression }) => expression?.kind === 'counter')
    .map(({ name = '' }) => name);
}

function setsOf(messages: readonly NftMessage[]): readonly NftSet[] {
  return messages.flatMap((message) => (message.kind === 'set' ? [message.body] : []));
}

/** Reads the elements of some sets, with what they have counted. */
export async function readElements(
  session: NetlinkSession,
  table: string,
  sets: readonly string[],
): Promise<ReadonlyMap<string, readonly Element[]>> {
  const lists = sets.map(async (set): Promise<readonly [string, readonly Element[]]> => {
    const messages = await dump(session, { kind: 'elements', body: { table, set } });
    return [
      set,
      messages.flatMap((message) => (message.kind === 'elements' ? (message.body.elements ?? []) : [])),
    ];
  });
  return new Map(await Promise.all(lists));
}

/**
 * What the table has counted, for the one that takes its place. To be read as late as possible: what is counted
 * between here and the transaction is missing there.
 */
export async function readCarried(
  session: NetlinkSession,
  table: KernelTable,
  name: string,
): Promise<Carried> {
  if (table.messages.length === 0) return { totals: new Map(), elements: new Map() };
  const [totals, elements] = await Promise.all([
    readTotals(session, name),
    readElements(session, name, countedSets(table.messages)),
  ]);
  return { totals, elements };
}
