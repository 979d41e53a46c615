import { type Duration, Hours, Seconds } from '../../base/duration.ts';
import { after } from '../../base/instant.ts';
import { formatIpv4, type Ipv4 } from '../../base/ipv4.ts';
import type { Cancel } from '../../port/clock.ts';
import { type InternetAnswer, type InternetPorts, probeInternet } from './internet-probe.ts';
import type { InternetHealth } from './wan-state.ts';

/** Time for the resolver to learn of the new WAN address before the first question. */
const FIRST_INTERNET_CHECK: Duration = Seconds(2);
/** While all is well. Public time servers want no more than a question in 64 seconds of a client (RFC 4330 section 10). */
const INTERNET_CHECK_EVERY: Duration = Seconds(256);
/** After the first miss; doubled with each further one, up to {@link INTERNET_CHECK_EVERY}. */
const INTERNET_RETRY: Duration = Seconds(16);
/** After a kiss of death nobody is asked for so long (RFC 5905 section 7.4). */
const KISS_WAIT: Duration = Hours(1);
/** So many misses in a row, and the Internet counts as unreachable. */
const INTERNET_MISSES_TO_FAIL = 2;
/** Of the addresses of a name, so many are asked in a check. */
const ADDRESSES_PER_CHECK = 2;
/** A resolver that has not answered by then does not count. */
const RESOLVE_TIMEOUT: Duration = Seconds(10);

export interface InternetTarget {
  /** Of the configured time servers; each check asks for one, the next one after a miss. */
  readonly names: readonly string[];
  /** The box's own address on the WAN; undefined while there is none. */
  readonly source: Ipv4 | undefined;
}

interface Found {
  readonly answer: InternetAnswer;
  readonly reason: string;
}

/**
 * Asks now and then whether the Internet is there, by the way every program of the office takes: a name, its addresses,
 * and an answer from one of them. Asked are the configured time servers alone, and nobody when there are none.
 */
export class InternetMonitor {
  readonly #ports: InternetPorts;
  readonly #onChange: () => void;
  #target: InternetTarget = { names: [], source: undefined };
  #answered = false;
  #misses = 0;
  #reason = '';
  #timer: Cancel | undefined;

  constructor(ports: InternetPorts, onChange: () => void) {
    this.#ports = ports;
    this.#onChange = onChange;
  }

  get health(): InternetHealth {
    if (this.#target.names.length === 0 || this.#ports.resolve === undefined) {
      return { state: 'off', reason: 'No time server is configured, so nobody is asked' };
    }
    if (this.#misses >= INTERNET_MISSES_TO_FAIL) return { state: 'unreachable', reason: this.#reason };
    if (this.#answered) return { state: 'reachable', reason: this.#reason };
    const what = this.#misses === 0 ? 'has not been asked yet' : 'has not answered yet';
    return { state: 'unknown', reason: `${this.#target.names[0]} ${what}` };
  }

  /** Asks these time servers from now on; none with undefined. The same again changes nothing. */
  watch(target: InternetTarget | undefined): void {
    const next = target ?? { names: [], source: undefined };
    if (JSON.stringify(next) === JSON.stringify(this.#target)) return;
    this.#timer?.cancel();
    this.#target = next;
    this.#answered = false;
    this.#misses = 0;
    if (this.health.state !== 'off' && next.source !== undefined) {
      this.#checkAfter(FIRST_INTERNET_CHECK, next);
    }
  }

  #checkAfter(wait: Duration, target: InternetTarget): void {
    const { clock } = this.#ports;
    this.#timer = clock.wake(after(clock.now(), wait), () => void this.#check(target));
  }

  async #check(target: InternetTarget): Promise<void> {
    const found = await this.#ask(target);
    if (this.#target !== target) return;
    const before = this.health.state;
    const missed = found.answer === 'silent';
    this.#misses = missed ? this.#misses + 1 : 0;
    // One miss alone is not told, so what was said before still is.
    if (!missed || this.#misses >= INTERNET_MISSES_TO_FAIL) this.#reason = found.reason;
    if (!missed) this.#answered = true;
    this.#checkAfter(this.#wait(found.answer), target);
    if (this.health.state !== before) this.#onChange();
  }

  #wait(answer: InternetAnswer): Duration {
    if (answer === 'kiss') return KISS_WAIT;
    if (answer === 'answered') return INTERNET_CHECK_EVERY;
    return Math.min(INTERNET_CHECK_EVERY, INTERNET_RETRY * 2 ** Math.min(this.#misses - 1, 10)) as Duration;
  }

  async #ask({ names, source }: InternetTarget): Promise<Found> {
    const name = names[this.#misses % names.length] ?? '';
    const addresses = (await this.#resolve(name)).slice(0, ADDRESSES_PER_CHECK);
    if (addresses.length === 0 || source === undefined) {
      return { answer: 'silent', reason: `The name ${name} cannot be resolved` };
    }
    for (const address of addresses) {
      const answer = await probeInternet(address, source, this.#ports);
      if (answer !== 'silent') return { answer, reason: `${name} (${formatIpv4(address)}) answers` };
    }
    const asked = addresses.map(formatIpv4).join(', ');
    return {
      answer: 'silent',
      reason: `${name} (${asked}) answers neither for the time nor to an echo request`,
    };
  }

  async #resolve(name: string): Promise<readonly Ipv4[]> {
    const { clock, resolve } = this.#ports;
    if (resolve === undefined) return [];
    const late = Promise.withResolvers<readonly Ipv4[]>();
    const timer = clock.wake(after(clock.now(), RESOLVE_TIMEOUT), () => late.resolve([]));
    try {
      return await Promise.race([resolve(name), late.promise]);
    } finally {
      timer.cancel();
    }
  }
}
