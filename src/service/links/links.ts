import { KernelError, UserError } from '../../base/errors.ts';
import { Seconds } from '../../base/duration.ts';
import { type Instant, after } from '../../base/instant.ts';
import { type LinkChange, describeChange } from '../../engine/links/change.ts';
import { type LinksDifference, diffLinks } from '../../engine/links/diff-links.ts';
import { DUMP_REQUESTS } from '../../engine/links/dump-requests.ts';
import { encodeChange } from '../../engine/links/encode-change.ts';
import {
  type ObservedLink,
  type ObservedNetwork,
  observeLinkEvent,
  observeNetwork,
} from '../../engine/links/observed.ts';
import { findSides } from '../../engine/links/side.ts';
import { NetlinkError } from '../../engine/netlink-dialog/netlink-error.ts';
import type { WantedLinks } from '../../engine/links/wanted.ts';
import type { Cancel, Clock } from '../../port/clock.ts';
import type { KernelMessage, NetlinkSession } from '../../port/netlink-session.ts';
import { RTNLGRP } from '../../wire/rtnetlink/constants.ts';
import { DeviceList, isSameLink } from './device-list.ts';

/** Observing and changing in turn: a bridge, then what needs it, then what the kernel took away with something else. */
const MAX_ROUNDS = 6;
/** Against a program that keeps undoing what we do: events lead to a look at the kernel no oftener than this. */
const CHECK_INTERVAL = Seconds(1);

export type SideName = 'lan' | 'wan';

export interface LinksCallbacks {
  /** A device appeared, changed (switched on or off, carrier, MAC, MTU, bridge) or is gone (undefined). */
  onLink(name: string, link: ObservedLink | undefined): void;
  /** The device with the addresses of a side changed likewise; undefined while there is none. */
  onSide(side: SideName, link: ObservedLink | undefined): void;
  /** The named devices that are not there; called when the list changes. */
  onMissing(devices: readonly string[]): void;
  /** What others had changed was brought back to what is wanted. */
  onRepair(changes: readonly LinkChange[]): void;
  /** A repair failed, told once for each reason; the next event leads to another attempt. */
  onFailure(error: Error): void;
}

export interface LinksSnapshot extends ObservedNetwork {
  readonly lan: ObservedLink | undefined;
  readonly wan: ObservedLink | undefined;
  readonly missing: readonly string[];
}

export interface Links {
  /**
   * Brings the kernel to the wanted state and gives what had to be changed; a side that is left out stays as it was
   * wanted last. Calls are carried out one after the other.
   * @throws KernelError for the first change the kernel refused, UserError for what stands in the way, both after all
   * else was done (but for a LAN bridge that cannot be: then nothing is)
   */
  apply(wanted: WantedLinks): Promise<readonly LinkChange[]>;
  /** The kernel's state now, with counters. */
  snapshot(): Promise<LinksSnapshot>;
  /** Ends following; the kernel's state stays. */
  close(): void;
}

class LinksService implements Links {
  readonly #session: NetlinkSession;
  readonly #clock: Clock;
  readonly #callbacks: LinksCallbacks;
  readonly #devices: DeviceList;
  readonly #listening: Cancel;
  #wanted: WantedLinks = {};
  #sides: Partial<Record<SideName, ObservedLink>> = {};
  #missing: readonly string[] = [];
  #queue: Promise<unknown> = Promise.resolve();
  /** Something happened since the last look at the kernel began. */
  #dirty = false;
  #lastLook: Instant;
  #check: Cancel | undefined;
  #closed = false;
  /** What was told of the last repair. */
  #failure: string | undefined;

  constructor(session: NetlinkSession, clock: Clock, callbacks: LinksCallbacks) {
    this.#session = session;
    this.#clock = clock;
    this.#callbacks = callbacks;
    this.#lastLook = clock.now();
    this.#devices = new DeviceList((name, link) => callbacks.onLink(name, link));
    for (const group of [RTNLGRP.LINK, RTNLGRP.IPV4_IFADDR, RTNLGRP.IPV4_ROUTE]) session.join(group);
    this.#listening = session.listen({
      onMessage: (message) => this.#onMessage(message),
      onResync: () => this.#note(),
    });
  }

  async start(): Promise<void> {
    await this.#inTurn(() => this.#observe());
  }

  apply(wanted: WantedLinks): Promise<readonly LinkChange[]> {
    return this.#inTurn(async () => {
      const next = { ...this.#wanted, ...wanted };
      const first = diffLinks(next, await this.#observe());
      this.#wanted = next;
      this.#tellSides();
      return await this.#bring(first);
    });
  }

  snapshot(): Promise<LinksSnapshot> {
    return this.#inTurn(async () => {
      const observed = await this.#observe();
      const { lan, wan } = findSides(this.#wanted, observed.links);
      return { ...observed, lan: lan?.base, wan: wan?.base, missing: this.#missing };
    });
  }

  close(): void {
    this.#closed = true;
    this.#listening.cancel();
    this.#check?.cancel();
  }

  #inTurn<T>(action: () => Promise<T>): Promise<T> {
    const result = this.#queue.then(action);
    this.#queue = result.then(
      () => this.#schedule(),
      () => this.#schedule(),
    );
    return result;
  }

  async #observe(): Promise<ObservedNetwork> {
    this.#dirty = false;
    this.#lastLook = this.#clock.now();
    this.#devices.beginDump();
    const dumps = await Promise.all(
      DUMP_REQUESTS.map((request) => this.#session.request(request, { dump: true })),
    );
    const observed = observeNetwork(dumps.flat());
    this.#devices.endDump(observed.links);
    this.#tellSides();
    return observed;
  }

  /** Carries changes out until none is left, none helps any more, or there were too many rounds. */
  async #bring(first: LinksDifference): Promise<readonly LinkChange[]> {
    const done: LinkChange[] = [];
    let refusal: KernelError | undefined;
    let { changes, refusals } = first;
    let before = '';
    for (let round = 0; round < MAX_ROUNDS && changes.length > 0; round++) {
      const now = JSON.stringify(changes);
      if (now === before) break;
      before = now;
      refusal = await this.#carryOut(changes);
      done.push(...changes);
      ({ changes, refusals } = diffLinks(this.#wanted, await this.#observe()));
    }
    if (changes.length > 0) throw refusal ?? contested(changes);
    const [reason] = refusals;
    if (reason !== undefined) throw new UserError(reason);
    return done;
  }

  /** What the kernel refused. The messages behind a refused one are carried out all the same. */
  async #carryOut(changes: readonly LinkChange[]): Promise<KernelError | undefined> {
    try {
      await this.#session.transaction(changes.map(encodeChange));
      return undefined;
    } catch (error) {
      if (error instanceof KernelError) return explained(error, changes);
      throw error;
    }
  }

  #onMessage(message: KernelMessage): void {
    const event = observeLinkEvent(message);
    if (event !== undefined) {
      this.#devices.event(event.link, event.gone);
      this.#tellSides();
    }
    this.#note();
  }

  #note(): void {
    this.#dirty = true;
    this.#schedule();
  }

  #schedule(): void {
    if (!this.#dirty || this.#closed || this.#check !== undefined) return;
    this.#check = this.#clock.wake(after(this.#lastLook, CHECK_INTERVAL), () => {
      this.#check = undefined;
      void this.#inTurn(() => this.#repair());
    });
  }

  async #repair(): Promise<void> {
    if (this.#closed || !this.#dirty) return;
    try {
      const changes = await this.#bring(diffLinks(this.#wanted, await this.#observe()));
      this.#failure = undefined;
      if (changes.length > 0) this.#callbacks.onRepair(changes);
    } catch (error) {
      if (!(error instanceof KernelError || error instanceof UserError)) throw error;
      this.#tellFailure(error);
    }
  }

  /** What cannot be helped comes up again with every event, and is told once. */
  #tellFailure(error: Error): void {
    if (this.#closed || this.#failure === error.message) return;
    this.#failure = error.message;
    this.#callbacks.onFailure(error);
  }

  #tellSides(): void {
    const sides = findSides(this.#wanted, this.#devices.all);
    for (const name of ['lan', 'wan'] as const) this.#tellSide(name, sides[name]?.base);
    const missing = [...(sides.lan?.missing ?? []), ...(sides.wan?.missing ?? [])];
    if (missing.join() === this.#missing.join()) return;
    this.#missing = missing;
    this.#callbacks.onMissing(missing);
  }

  #tellSide(name: SideName, link: ObservedLink | undefined): void {
    if (isSameLink(this.#sides[name], link)) return;
    this.#sides = { ...this.#sides, [name]: link };
    this.#callbacks.onSide(name, link);
  }
}

/** The kernel's "Unknown device type" for a kind it has no driver for tells the owner nothing. */
function explained(error: KernelError, changes: readonly LinkChange[]): KernelError {
  const refused = error instanceof NetlinkError ? changes[error.index] : undefined;
  if (refused?.kind !== 'create-vlan' || error.errno !== 'EOPNOTSUPP') return error;
  const detail = 'this kernel has no VLANs; a WAN without a tag or a kernel with 802.1Q is wanted';
  return new KernelError(describeChange(refused), error.errno, detail);
}

function contested(changes: readonly LinkChange[]): KernelError {
  const [first] = changes.map((change) => encodeChange(change).purpose);
  return new KernelError(first ?? 'change the network devices', 'EAGAIN', 'something else keeps undoing it');
}

/**
 * Follows the devices of the network namespace and keeps them as wanted; the callbacks have told of every device that
 * is there when the promise resolves. @throws KernelError
 */
export async function startLinks(
  session: NetlinkSession,
  clock: Clock,
  callbacks: LinksCallbacks,
): Promise<Links> {
  const service = new LinksService(session, clock, callbacks);
  await service.start();
  return service;
}
