import { Milliseconds } from '../../base/duration.ts';
import { between, after, type Instant, type Timestamp } from '../../base/instant.ts';
import type { QueueSummary } from '../../port/mail-queue.ts';
import type { Random } from '../../port/random.ts';
import { type DestinationFailure, Destinations } from './destinations.ts';
import type { QueueLimits } from './limits.ts';

/** An entry whose time has come, with where it goes. */
export interface DueEntry {
  readonly summary: QueueSummary;
  /** The destination: entries of one share connections, caps and failures. */
  readonly key: string;
  /** Whether it goes to hosts of the Internet, which are not tried while there is no connection. */
  readonly needsUplink: boolean;
}

export type ScheduleEvent =
  /** All entries that are due now, the longest due first; replaces what waits. */
  | { readonly kind: 'due'; readonly entries: readonly DueEntry[] }
  /** An attempt or a deferral is over and recorded. */
  | {
      readonly kind: 'ended';
      readonly attempt: number;
      /** Whether some host of the destination answered; undefined if nobody was asked. */
      readonly answered?: boolean | undefined;
      /** Why none did. */
      readonly reason?: string | undefined;
      /** Why hosts before the one that did answer did not work; undefined where none was dialled anew. */
      readonly passedOver?: readonly string[] | undefined;
    }
  | { readonly kind: 'uplink'; readonly isUp: boolean }
  /** The owner has changed the ways: what is remembered of the old ones says nothing, and mail that waited for them has waited enough. */
  | { readonly kind: 'rerouted' }
  /** Nothing had to be made due: the next time need not wait. */
  | { readonly kind: 'idle' }
  /** The owner wants a destination tried now. */
  | { readonly kind: 'forget'; readonly key: string }
  | { readonly kind: 'wake' };

export type ScheduleEffect =
  /** Dial for these entries: one message, one destination. Answered by `ended`. */
  | {
      readonly kind: 'attempt';
      readonly attempt: number;
      readonly key: string;
      readonly ids: readonly number[];
    }
  /** Put these off without dialling. Answered by `ended`. */
  | {
      readonly kind: 'defer';
      readonly attempt: number;
      readonly ids: readonly number[];
      readonly until: Timestamp;
      readonly reason: string;
    }
  /** Make everything that is not held due now. */
  | { readonly kind: 'hasten' };

export interface ScheduleEnv {
  readonly now: Instant;
  readonly time: Timestamp;
  readonly random: Random;
}

interface Active {
  readonly key: string;
  readonly ids: readonly number[];
  /** 0 for a deferral: it holds no message. */
  readonly octets: number;
  readonly isDial: boolean;
}

const OFFLINE = 'there is no Internet connection';

/** Entries of one destination by message, in the order they became due. */
type Waiting = Map<number, DueEntry[]>;

/**
 * Which entries of the queue are tried now. Destinations take turns; each has few attempts at a time, a dead one a single one
 * after a pause. An entry is in one attempt at most, whatever the list of the due says meanwhile.
 */
export class QueueScheduler {
  readonly destinations: Destinations;
  readonly #limits: QueueLimits;
  /** In the order of their turns. */
  readonly #waiting = new Map<string, Waiting>();
  readonly #active = new Map<number, Active>();
  readonly #busy = new Set<number>();
  readonly #dials = new Map<string, number>();
  #isUp = true;
  #octets = 0;
  #lastAttempt = 0;
  #hasteFrom: Instant | undefined;
  #wantsHaste = false;

  constructor(limits: QueueLimits) {
    this.#limits = limits;
    this.destinations = new Destinations(limits);
  }

  /** When it wants a `wake`, if anything. */
  get nextWake(): Instant | undefined {
    return this.#wantsHaste ? this.#hasteFrom : undefined;
  }

  get isUp(): boolean {
    return this.#isUp;
  }

  /** Whether the entry is in an attempt. */
  isTrying(id: number): boolean {
    return this.#busy.has(id);
  }

  step(event: ScheduleEvent, env: ScheduleEnv): ScheduleEffect[] {
    switch (event.kind) {
      case 'due':
        this.#replace(event.entries);
        break;
      case 'ended':
        this.#end(event, env);
        break;
      case 'uplink':
        this.#wantsHaste ||= event.isUp && !this.#isUp;
        this.#isUp = event.isUp;
        break;
      case 'rerouted':
        this.destinations.forgetAll();
        this.#wantsHaste = true;
        break;
      case 'idle':
        this.#hasteFrom = undefined;
        break;
      case 'forget':
        this.destinations.forget(event.key);
        break;
      case 'wake':
        break;
      default:
        return event satisfies never;
    }
    return [...this.#hasten(env), ...this.#putOff(env), ...this.#start(env)];
  }

  #replace(entries: readonly DueEntry[]): void {
    const lists = new Map<string, Waiting>();
    for (const entry of entries) {
      if (this.#busy.has(entry.summary.id)) continue;
      const list = lists.get(entry.key) ?? new Map<number, DueEntry[]>();
      lists.set(entry.key, list);
      const alike = list.get(entry.summary.message) ?? [];
      list.set(entry.summary.message, alike);
      alike.push(entry);
    }
    for (const key of this.#waiting.keys()) if (!lists.has(key)) this.#waiting.delete(key);
    for (const [key, list] of lists) this.#waiting.set(key, list);
  }

  #end(
    { attempt, answered, reason, passedOver }: Extract<ScheduleEvent, { kind: 'ended' }>,
    env: ScheduleEnv,
  ): void {
    const active = this.#active.get(attempt);
    if (active === undefined) return;
    this.#active.delete(attempt);
    for (const id of active.ids) this.#busy.delete(id);
    if (!active.isDial) return;
    this.#octets -= active.octets;
    this.#dials.set(active.key, this.#dialsOf(active.key) - 1);
    if (this.#dialsOf(active.key) === 0) this.#dials.delete(active.key);
    if (answered === true) this.destinations.answered(active.key, env.now, passedOver);
    if (answered === false) this.destinations.failed(active.key, reason ?? '', env);
  }

  #hasten(env: ScheduleEnv): ScheduleEffect[] {
    const isEarly = this.#hasteFrom !== undefined && env.now < this.#hasteFrom;
    if (!this.#wantsHaste || !this.#isUp || isEarly) return [];
    this.#wantsHaste = false;
    this.#hasteFrom = after(env.now, this.#limits.hastePause);
    this.destinations.forgetAll();
    return [{ kind: 'hasten' }];
  }

  #putOff(env: ScheduleEnv): ScheduleEffect[] {
    const effects: ScheduleEffect[] = [];
    for (const [key, list] of this.#waiting) {
      const failure = this.destinations.failure(key);
      const isBlocked = failure !== undefined && env.now < failure.until;
      const entries = [...list.values()]
        .flat()
        .filter(({ needsUplink }) => isBlocked || (needsUplink && !this.#isUp));
      if (entries.length === 0) continue;
      this.#waiting.delete(key);
      const ids = entries.map(({ summary }) => summary.id);
      const attempt = this.#begin({ key, ids, octets: 0, isDial: false });
      effects.push({ kind: 'defer', attempt, ids, ...this.#pause(isBlocked ? failure : undefined, env) });
    }
    return effects;
  }

  #pause(failure: DestinationFailure | undefined, env: ScheduleEnv): { until: Timestamp; reason: string } {
    if (failure === undefined) return { until: after(env.time, this.#limits.offlinePause), reason: OFFLINE };
    // Civil time has whole milliseconds, the monotonic clock has fractions.
    const pause = Milliseconds(Math.ceil(between(env.now, failure.until)));
    return { until: after(env.time, pause), reason: failure.reason };
  }

  #start(env: ScheduleEnv): ScheduleEffect[] {
    const effects: ScheduleEffect[] = [];
    for (let next = this.#pick(env); next !== undefined; next = this.#pick(env)) effects.push(next);
    return effects;
  }

  #pick(env: ScheduleEnv): ScheduleEffect | undefined {
    const dials = [...this.#dials.values()].reduce((sum, count) => sum + count, 0);
    if (dials >= this.#limits.attempts) return undefined;
    for (const [key, list] of this.#waiting) {
      if (this.#dialsOf(key) >= this.#capOf(key, env)) continue;
      const [message, entries] = list.entries().next().value ?? [0, []];
      const octets = entries[0]?.summary.size ?? 0;
      // Nobody overtakes a message that waits for room, else a large one would never go while small ones come.
      if (this.#octets > 0 && this.#octets + octets > this.#limits.octets) return undefined;
      const ids = entries.splice(0, this.#limits.recipients).map(({ summary }) => summary.id);
      if (entries.length === 0) list.delete(message);
      this.#waiting.delete(key);
      if (list.size > 0) this.#waiting.set(key, list);
      this.#octets += octets;
      this.#dials.set(key, this.#dialsOf(key) + 1);
      return { kind: 'attempt', attempt: this.#begin({ key, ids, octets, isDial: true }), key, ids };
    }
    return undefined;
  }

  #begin(active: Active): number {
    const attempt = ++this.#lastAttempt;
    this.#active.set(attempt, active);
    for (const id of active.ids) this.#busy.add(id);
    return attempt;
  }

  #dialsOf(key: string): number {
    return this.#dials.get(key) ?? 0;
  }

  /** One that failed when last tried is asked by a single attempt whether it is back. */
  #capOf(key: string, env: ScheduleEnv): number {
    const failure = this.destinations.failure(key);
    if (failure === undefined) return this.#limits.attemptsPerDestination;
    return env.now < failure.until ? 0 : 1;
  }
}
