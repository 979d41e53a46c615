import { type LRU, lru } from 'tiny-lru';
import { clientBlock, networkBlock } from '../../base/address-block.ts';
import { type Duration, Minutes } from '../../base/duration.ts';
import { type Instant, between } from '../../base/instant.ts';
import type { Clock } from '../../port/clock.ts';
import type { ClientAllowance } from './limits.ts';

const COUNTED = ['connections', 'commands', 'messages', 'errors'] as const;
type Counted = (typeof COUNTED)[number];

/** What was counted since the window of its kind began. */
type Tally = Record<Counted, { since: Instant; count: number }>;

const ALLOWED_BY = {
  connections: 'connectionsPerMinute',
  commands: 'commandsPerMinute',
  messages: 'messagesPerMinute',
  errors: 'errors',
} as const satisfies Record<Counted, keyof ClientAllowance>;

const MINUTE = Minutes(1);

export interface ClientLimitsOptions {
  readonly isLan: (address: string) => boolean;
  readonly lan: ClientAllowance;
  readonly wan: ClientAllowance;
  readonly wanNetwork: ClientAllowance;
  readonly errorWindow: Duration;
  readonly trackedClients: number;
  readonly clock: Pick<Clock, 'now'>;
}

/** A block of addresses that is counted as one, and what it may do. */
interface Party {
  readonly key: string;
  readonly allowance: ClientAllowance;
}

/** Counts what each client address and each network does, over all listeners. The LAN is no network in this sense: its devices do not share a bound. */
export class ClientLimits {
  readonly #options: ClientLimitsOptions;
  readonly #tallies: LRU<Tally>;
  /** By address: they are asked for at every command. */
  readonly #known: LRU<readonly Party[]>;
  /** Bounded by the number of connections. */
  readonly #open = new Map<string, number>();

  constructor(options: ClientLimitsOptions) {
    this.#options = options;
    this.#tallies = lru<Tally>(2 * options.trackedClients);
    this.#known = lru<readonly Party[]>(options.trackedClients);
  }

  /** Counts a connection in if it is allowed; then {@link disconnect} must follow. */
  connect(address: string): boolean {
    const parties = this.#parties(address);
    const isFree = parties.every(({ key, allowance }) => (this.#open.get(key) ?? 0) < allowance.connections);
    if (!isFree || this.hasTooManyErrors(address) || !this.#take(address, 'connections')) return false;
    for (const { key } of parties) this.#open.set(key, (this.#open.get(key) ?? 0) + 1);
    return true;
  }

  disconnect(address: string): void {
    for (const { key } of this.#parties(address)) {
      const open = this.#open.get(key) ?? 0;
      if (open > 1) this.#open.set(key, open - 1);
      else this.#open.delete(key);
    }
  }

  /** Counts a message in if it is allowed. */
  takeMessage(address: string): boolean {
    return this.#take(address, 'messages');
  }

  /** Counts a command in if it is allowed. */
  takeCommand(address: string): boolean {
    return this.#take(address, 'commands');
  }

  countError(address: string): void {
    for (const { key } of this.#parties(address)) this.#count(key, 'errors').count++;
  }

  hasTooManyErrors(address: string): boolean {
    return this.#parties(address).some(
      ({ key, allowance }) => this.#count(key, 'errors').count > allowance.errors,
    );
  }

  #take(address: string, what: Counted): boolean {
    const parties = this.#parties(address);
    for (const { key, allowance } of parties)
      if (this.#count(key, what).count >= allowance[ALLOWED_BY[what]]) return false;
    for (const { key } of parties) this.#count(key, what).count++;
    return true;
  }

  #parties(address: string): readonly Party[] {
    const known = this.#known.get(address);
    if (known !== undefined) return known;
    const { isLan, lan, wan, wanNetwork } = this.#options;
    const key = clientBlock(address);
    const parties = isLan(address)
      ? [{ key, allowance: lan }]
      : [
          { key, allowance: wan },
          { key: networkBlock(address), allowance: wanNetwork },
        ];
    this.#known.set(address, parties);
    return parties;
  }

  #count(key: string, what: Counted): { since: Instant; count: number } {
    const now = this.#options.clock.now();
    const known = this.#tallies.get(key);
    const tally = known ?? freshTally(now);
    if (known === undefined) this.#tallies.set(key, tally);
    const counter = tally[what];
    const window = what === 'errors' ? this.#options.errorWindow : MINUTE;
    if (between(counter.since, now) >= window) tally[what] = { since: now, count: 0 };
    return tally[what];
  }
}

function freshTally(now: Instant): Tally {
  const counter = (): { since: Instant; count: number } => ({ since: now, count: 0 });
  return { connections: counter(), commands: counter(), messages: counter(), errors: counter() };
}
