import { type LRU, lru } from 'tiny-lru';
import { Minutes } from '../../base/duration.ts';
import { type Instant, between } from '../../base/instant.ts';
import { tryParseIpv6 } from '../../base/ipv6.ts';
import type { Clock } from '../../port/clock.ts';
import type { ClientAllowance } from './limits.ts';

/** What a client did in the minute that began at `since`. */
interface Tally {
  since: Instant;
  messages: number;
  errors: number;
}

const WINDOW = Minutes(1);

/** A provider gives a customer a whole /64 at least, so that one host has 2^64 addresses to come from. */
function keyOf(address: string): string {
  const ipv6 = tryParseIpv6(address);
  return ipv6 === undefined ? address : `${(ipv6 >> 64n).toString(16)}::/64`;
}

export interface ClientLimitsOptions {
  readonly allowanceOf: (address: string) => ClientAllowance;
  readonly trackedClients: number;
  readonly clock: Clock;
}

/** Counts what each client address does, over all listeners. */
export class ClientLimits {
  readonly #options: ClientLimitsOptions;
  readonly #tallies: LRU<Tally>;
  /** Bounded by the number of connections. */
  readonly #connections = new Map<string, number>();

  constructor(options: ClientLimitsOptions) {
    this.#options = options;
    this.#tallies = lru<Tally>(options.trackedClients);
  }

  /** Counts a connection in if it is allowed; then {@link disconnect} must follow. */
  connect(address: string): boolean {
    const key = keyOf(address);
    const open = this.#connections.get(key) ?? 0;
    if (open >= this.#options.allowanceOf(address).connections || this.hasTooManyErrors(address))
      return false;
    this.#connections.set(key, open + 1);
    return true;
  }

  disconnect(address: string): void {
    const key = keyOf(address);
    const open = this.#connections.get(key) ?? 0;
    if (open > 1) this.#connections.set(key, open - 1);
    else this.#connections.delete(key);
  }

  /** Counts a message in if it is allowed. */
  takeMessage(address: string): boolean {
    const tally = this.#tally(address);
    if (tally.messages >= this.#options.allowanceOf(address).messagesPerMinute) return false;
    tally.messages++;
    return true;
  }

  countError(address: string): void {
    this.#tally(address).errors++;
  }

  hasTooManyErrors(address: string): boolean {
    return this.#tally(address).errors > this.#options.allowanceOf(address).errorsPerMinute;
  }

  #tally(address: string): Tally {
    const key = keyOf(address);
    const now = this.#options.clock.now();
    const known = this.#tallies.get(key);
    if (known !== undefined && between(known.since, now) < WINDOW) return known;
    const fresh: Tally = { since: now, messages: 0, errors: 0 };
    this.#tallies.set(key, fresh);
    return fresh;
  }
}
