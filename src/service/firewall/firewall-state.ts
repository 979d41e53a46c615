import { toHex } from '../../base/hex.ts';
import type { CounterValue } from '../../engine/firewall/transaction.ts';
import { SET } from '../../engine/firewall/names.ts';
import type { NetlinkSession } from '../../port/netlink-session.ts';
import type { Element } from '../../wire/nftables/element.ts';
import { commentOf } from '../../wire/nftables/user-data.ts';
import { readCountedSets, readElements, readTotals } from './kernel-table.ts';

export interface FirewallCount {
  readonly packets: number;
  readonly bytes: number;
}

export interface FirewallCounter extends FirewallCount {
  readonly name: string;
}

/** An element of a set that counts for itself. */
export interface CountedElement extends FirewallCount {
  readonly set: string;
  readonly key: Uint8Array;
  /** Of a range. */
  readonly last: Uint8Array | undefined;
  /** The line of the configuration it is for. */
  readonly comment: string | undefined;
}

/** What went through the box from and to one address of the LAN. */
export interface AddressTraffic {
  /** Four or sixteen bytes. */
  readonly address: Uint8Array;
  readonly up: FirewallCount;
  readonly down: FirewallCount;
}

export interface FirewallState {
  /** In the order of the ruleset. */
  readonly counters: readonly FirewallCounter[];
  readonly elements: readonly CountedElement[];
  /** By address, IPv4 first. */
  readonly devices: readonly AddressTraffic[];
}

const NOTHING: FirewallCount = { packets: 0, bytes: 0 };

function countOf({ packets, bytes }: CounterValue): FirewallCount {
  return { packets: Number(packets), bytes: Number(bytes) };
}

function elementCount({ expression }: Element): FirewallCount {
  if (expression?.kind !== 'counter') return NOTHING;
  const { packets = 0n, bytes = 0n } = expression;
  return countOf({ packets, bytes });
}

/** The named counters alone. */
export async function readCounters(
  session: NetlinkSession,
  table: string,
): Promise<readonly FirewallCounter[]> {
  const totals = await readTotals(session, table);
  return [...totals].map(([name, value]) => ({ name, ...countOf(value) }));
}

/** The named counters and the elements that count, without the rest of the table. */
export async function readState(session: NetlinkSession, table: string): Promise<FirewallState> {
  const counters = await readCounters(session, table);
  const sets = await readElements(session, table, await readCountedSets(session, table));
  return { counters, elements: elementsOf(sets), devices: devicesOf(sets) };
}

function elementsOf(sets: ReadonlyMap<string, readonly Element[]>): CountedElement[] {
  const told = [...sets].filter(([set]) => !TRAFFIC.includes(set));
  return told.flatMap(([set, elements]) =>
    elements.map((element) => ({
      set,
      key: element.key?.value ?? new Uint8Array(),
      last: element.keyEnd?.value,
      comment: commentOf(element.userData),
      ...elementCount(element),
    })),
  );
}

/** Uploads are counted by who sent, downloads by who gets, so an address may be in one of the two only. */
function devicesOf(sets: ReadonlyMap<string, readonly Element[]>): AddressTraffic[] {
  const traffic = new Map<string, { address: Uint8Array; up: FirewallCount; down: FirewallCount }>();
  const note = (set: string, direction: 'up' | 'down'): void => {
    for (const element of sets.get(set) ?? []) {
      const address = element.key?.value ?? new Uint8Array();
      const key = toHex(address);
      const one = traffic.get(key) ?? { address, up: NOTHING, down: NOTHING };
      traffic.set(key, { ...one, [direction]: elementCount(element) });
    }
  };
  for (const set of [SET.UPLOAD, SET.UPLOAD6]) note(set, 'up');
  for (const set of [SET.DOWNLOAD, SET.DOWNLOAD6]) note(set, 'down');
  return [...traffic.values()].toSorted((a, b) => compareAddresses(a.address, b.address));
}

function compareAddresses(a: Uint8Array, b: Uint8Array): number {
  if (a.length !== b.length) return a.length - b.length;
  return toHex(a) < toHex(b) ? -1 : 1;
}

/** Sets whose counts are told as the traffic of addresses. */
const TRAFFIC: readonly string[] = [SET.UPLOAD, SET.UPLOAD6, SET.DOWNLOAD, SET.DOWNLOAD6];
