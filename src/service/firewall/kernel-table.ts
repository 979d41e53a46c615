import type { CounterValue } from '../../engine/firewall/transaction.ts';
import type { NetlinkSession } from '../../port/netlink-session.ts';
import { decodeAll } from '../../wire/field/codec.ts';
import { NFPROTO, NFT_OBJECT } from '../../wire/nftables/constants.ts';
import { counter } from '../../wire/nftables/expression/counter.ts';
import { type NftMessage, type NftSubject, decodeNft, encodeNft } from '../../wire/nftables/message.ts';

/** What the kernel has of our table. */
export interface KernelTable {
  /** Everything in it, as messages that would make it; empty if there is no such table. */
  readonly messages: readonly NftMessage[];
  readonly counters: ReadonlyMap<string, CounterValue>;
}

/** Reading is repeated when somebody changes any ruleset meanwhile; so often, then the last reading stands. */
const MAX_READINGS = 5;

async function dump(session: NetlinkSession, subject: NftSubject): Promise<NftMessage[]> {
  const { type, payload } = encodeNft({ operation: 'get', family: NFPROTO.INET, ...subject });
  const purpose = `read the ${subject.kind} list of nftables`;
  const replies = await session.request({ type, flags: 0, payload, purpose }, { dump: true });
  return replies.map(decodeNft).filter((message) => message !== undefined);
}

/** The number of the kernel's ruleset, which every transaction of anybody raises. */
export async function readGeneration(session: NetlinkSession): Promise<number | undefined> {
  const { type, payload } = encodeNft({
    operation: 'get',
    family: NFPROTO.UNSPEC,
    kind: 'generation',
    body: {},
  });
  const purpose = 'read the generation of nftables';
  for (const reply of await session.request({ type, flags: 0, payload, purpose })) {
    const message = decodeNft(reply);
    if (message?.kind === 'generation') return message.body.id;
  }
  return undefined;
}

/** Reads the counters of the table, no table has none. */
export async function readTotals(
  session: NetlinkSession,
  table: string,
): Promise<ReadonlyMap<string, CounterValue>> {
  return totalsOf(await dump(session, { kind: 'object', body: { table } }), table);
}

function totalsOf(messages: readonly NftMessage[], table: string): ReadonlyMap<string, CounterValue> {
  const totals = new Map<string, CounterValue>();
  for (const { kind, body } of messages) {
    if (kind !== 'object' || body.table !== table || body.type !== NFT_OBJECT.COUNTER) continue;
    const { packets = 0n, bytes = 0n } = decodeAll(counter, body.data ?? new Uint8Array());
    totals.set(body.name ?? '', { packets, bytes });
  }
  return totals;
}

async function readOnce(session: NetlinkSession, table: string): Promise<readonly NftMessage[]> {
  const isOurs = (message: NftMessage): boolean =>
    message.kind === 'table'
      ? message.body.name === table
      : 'table' in message.body && message.body.table === table;
  const tables = (await dump(session, { kind: 'table', body: {} })).filter(isOurs);
  if (tables.length === 0) return [];
  const lists = await Promise.all([
    dump(session, { kind: 'chain', body: {} }),
    dump(session, { kind: 'object', body: { table } }),
    dump(session, { kind: 'set', body: { table } }),
    dump(session, { kind: 'rule', body: { table } }),
  ]);
  const messages = lists.flat().filter(isOurs);
  const names = messages.flatMap(({ kind, body }) => (kind === 'set' ? [body.name ?? ''] : []));
  const elements = await Promise.all(
    names.map((set) => dump(session, { kind: 'elements', body: { table, set } })),
  );
  return [...tables, ...messages, ...elements.flat()];
}

/** Reads the whole table, of one generation. @throws NetlinkError */
export async function readTable(session: NetlinkSession, table: string): Promise<KernelTable> {
  let messages: readonly NftMessage[] = [];
  for (let reading = 0; reading < MAX_READINGS; reading++) {
    const before = await readGeneration(session);
    messages = await readOnce(session, table);
    if ((await readGeneration(session)) === before) break;
  }
  return { messages, counters: totalsOf(messages, table) };
}
