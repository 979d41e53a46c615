import { DecodeError, KernelError } from '../../base/errors.ts';
import type { Ipv4 } from '../../base/ipv4.ts';
import type { Ipv6 } from '../../base/ipv6.ts';
import type { Prefix4 } from '../../base/prefix.ts';
import { type Flow, flowOf } from '../../engine/conntrack/flow.ts';
import { type FlowDump, countRequest, deleteRequest, dumpsFor } from '../../engine/conntrack/requests.ts';
import { type FlowSelection, selector } from '../../engine/conntrack/selection.ts';
import { leavesUntranslated } from '../../engine/conntrack/stale-nat.ts';
import type { KernelMessage, KernelRequest, NetlinkSession } from '../../port/netlink-session.ts';
import { decodeConntrack } from '../../wire/conntrack/message.ts';

/** A list holds at most this many connections, those the kernel names first; the rest are counted only. */
export const MAX_LISTED_FLOWS = 2000;

/**
 * Connections to be ended are gathered before the first is ended, at most this many at a time: those left over are found
 * by the next reading of the table. About 5 MB when full.
 */
const MAX_ENDED_AT_ONCE = 32_768;

/**
 * Connections that are to be judged are gathered first, at most this many of a reading: of more of them, each of several
 * readings gathers a part, by their numbers in the kernel, which are as good as drawn by lot. About 20 MB when full.
 */
const MAX_SUSPECTS = 32_768;

/** So many judgements are made in a row, some milliseconds of work, before others have their turn. */
export const JUDGEMENTS_IN_A_ROW = 16;

/** Requests under way at a time, so that their answers always fit into the buffer of the socket. */
const PARALLEL_REQUESTS = 128;

/** The table is read at most this often for one ending: whoever begins connections faster than that is left to the rules. */
const MAX_READINGS = 64;

export interface FlowList {
  readonly flows: readonly Flow[];
  /** How many are meant, listed or not. */
  readonly total: number;
}

/** Which translation has lost its ground. */
export interface StaleNat {
  /** The WAN addresses that are gone; none when there was none. */
  readonly oldAddresses: readonly (Ipv4 | Ipv6)[];
  /** The networks whose IPv4 addresses the WAN must not see; empty where nothing is translated. */
  readonly lan: readonly Prefix4[];
}

/** Decides which connections have to end, where that is work. */
export interface Judge {
  /** Asked of every connection while the table is read: false for those that surely go on. */
  readonly isSuspect: (flow: Flow) => boolean;
  readonly isCondemned: (flow: Flow) => boolean;
  /** Lets everything else that is to be done have its turn. */
  readonly pause: () => Promise<void>;
}

export interface Conntrack {
  /** @throws KernelError */
  list(selection: FlowSelection): Promise<FlowList>;
  /** Ends connections and returns how many; a packet of one that is still wanted begins it anew under the rules of now. @throws KernelError */
  end(selection: FlowSelection): Promise<number>;
  /** Ends those that a judge condemns, without holding up anything else for long. @throws KernelError */
  endCondemned(judge: Judge): Promise<number>;
  /** To be called when the WAN has lost or changed its address. @throws KernelError */
  endStaleNat(stale: StaleNat): Promise<number>;
  /** How many connections there are, and how many there may be. @throws KernelError */
  count(): Promise<{ readonly entries: number; readonly limit: number }>;
}

/** What becomes of the connections that one reading gives. */
interface Reading {
  take(flow: Flow): void;
  /** What was taken is void. */
  startOver(): void;
}

function flowIn(reply: KernelMessage): Flow | undefined {
  const message = decodeConntrack(reply);
  return message?.kind === 'new' ? flowOf(message.body) : undefined;
}

class KernelConntrack implements Conntrack {
  readonly #session: NetlinkSession;
  readonly #maxSuspects: number;

  constructor(session: NetlinkSession, maxSuspects: number) {
    this.#session = session;
    this.#maxSuspects = maxSuspects;
  }

  async list(selection: FlowSelection): Promise<FlowList> {
    const flows: Flow[] = [];
    let total = 0;
    for (const dump of dumpsFor(selection)) {
      const before = { length: flows.length, total };
      await this.#read(selection, dump, {
        take: (flow) => {
          total++;
          if (flows.length < MAX_LISTED_FLOWS) flows.push(flow);
        },
        startOver: () => ({ length: flows.length, total } = before),
      });
    }
    return { flows, total };
  }

  async end(selection: FlowSelection): Promise<number> {
    let ended = 0;
    for (let reading = 0; reading < MAX_READINGS; reading++) {
      const found = await this.#gather(selection);
      ended += await this.#delete(found);
      if (found.length < MAX_ENDED_AT_ONCE) break;
    }
    return ended;
  }

  async endCondemned(judge: Judge): Promise<number> {
    let [parts, ended] = [1, 0];
    for (let part = 0; part < parts; part++) {
      const { flows, total } = await this.#suspects(judge, (id) => id % parts === part);
      if (total > this.#maxSuspects && parts < MAX_READINGS) {
        // One part more than would do: they are not equally large.
        parts = Math.min(MAX_READINGS, Math.ceil((parts * total) / this.#maxSuspects) + 1);
        part = -1;
        continue;
      }
      ended += await this.#delete(await this.#condemned(flows, judge));
    }
    return ended;
  }

  async #suspects({ isSuspect }: Judge, isOfPart: (id: number) => boolean): Promise<FlowList> {
    const flows: Flow[] = [];
    let total = 0;
    const [dump] = dumpsFor({});
    if (dump === undefined) return { flows, total };
    await this.#read({ test: (flow) => isOfPart(flow.id) && isSuspect(flow) }, dump, {
      take: (flow) => {
        total++;
        if (flows.length < this.#maxSuspects) flows.push(flow);
      },
      startOver: () => {
        flows.length = 0;
        total = 0;
      },
    });
    return { flows, total };
  }

  async #condemned(flows: readonly Flow[], { isCondemned, pause }: Judge): Promise<readonly KernelRequest[]> {
    const condemned: KernelRequest[] = [];
    for (let at = 0; at < flows.length; at += JUDGEMENTS_IN_A_ROW) {
      if (at > 0) await pause();
      const some = flows.slice(at, at + JUDGEMENTS_IN_A_ROW);
      condemned.push(...some.filter(isCondemned).map(deleteRequest));
    }
    return condemned;
  }

  async endStaleNat({ oldAddresses, lan }: StaleNat): Promise<number> {
    const translated = await this.end({ addresses: oldAddresses });
    if (lan.length === 0) return translated;
    return translated + (await this.end({ isMasked: false, test: (flow) => leavesUntranslated(flow, lan) }));
  }

  async count(): Promise<{ entries: number; limit: number }> {
    for (const reply of await this.#session.request(countRequest())) {
      const message = decodeConntrack(reply);
      if (message?.kind === 'statistics')
        return { entries: message.body.entries ?? 0, limit: message.body.limit ?? 0 };
    }
    throw new KernelError('count the connections', 'ENODATA', 'the kernel gave no number');
  }

  async #read(selection: FlowSelection, dump: FlowDump, reading: Reading): Promise<void> {
    let unreadable: DecodeError | undefined;
    const isSelected = selector(selection);
    const onReply = (reply: KernelMessage): void => {
      try {
        const flow = flowIn(reply);
        if (flow !== undefined && dump.counts(flow) && isSelected(flow)) reading.take(flow);
      } catch (error) {
        if (!(error instanceof DecodeError)) throw error;
        unreadable ??= error;
      }
    };
    await this.#session.request(dump.request, {
      dump: true,
      stream: { onReply, onRestart: () => reading.startOver() },
    });
    if (unreadable !== undefined)
      throw new KernelError('read the list of connections', 'EBADMSG', unreadable.message);
  }

  async #gather(selection: FlowSelection): Promise<readonly KernelRequest[]> {
    const found: KernelRequest[] = [];
    for (const dump of dumpsFor(selection)) {
      const before = found.length;
      await this.#read(selection, dump, {
        take: (flow) => {
          if (found.length < MAX_ENDED_AT_ONCE) found.push(deleteRequest(flow));
        },
        startOver: () => (found.length = before),
      });
    }
    return found;
  }

  async #delete(requests: readonly KernelRequest[]): Promise<number> {
    let next = 0;
    let ended = 0;
    const work = async (): Promise<void> => {
      for (let one = requests[next++]; one !== undefined; one = requests[next++])
        if (await this.#deleteOne(one)) ended++;
    };
    await Promise.all(Array.from({ length: PARALLEL_REQUESTS }, work));
    return ended;
  }

  /** False if it has ended by itself meanwhile. */
  async #deleteOne(request: KernelRequest): Promise<boolean> {
    try {
      await this.#session.request(request);
      return true;
    } catch (error) {
      if (error instanceof KernelError && error.errno === 'ENOENT') return false;
      throw error;
    }
  }
}

/**
 * The connections the kernel follows, behind a session of their own (NETLINK.NETFILTER): a session reads one table at a
 * time, and the firewall must not wait for a long one. Events are not subscribed to: nobody needs them, and each new
 * connection of a flood would cost us more than it costs the kernel.
 */
export function openConntrack(session: NetlinkSession, maxSuspects: number = MAX_SUSPECTS): Conntrack {
  return new KernelConntrack(session, maxSuspects);
}
