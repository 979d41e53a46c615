import { Minutes } from '../../base/duration.ts';
import { type Instant, after } from '../../base/instant.ts';
import type { Clock } from '../../port/clock.ts';
import type { Log } from '../../port/log.ts';

/** The DHCP server repeats a warning once an hour at most; one that lasts must not vanish in between. */
const SHOWN_AFTER = Minutes(70);

/** Warnings shown at one time; at the cap the oldest gives way. */
const MAX_WARNINGS = 100;

export interface Notice {
  readonly name: string;
  readonly reason: string;
}

/** What the owner should know: services that do not work, and things that happened although all of them do. */
export class Notices {
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #onChange: () => void;
  readonly #problems = new Map<string, string>();
  readonly #warnings = new Map<string, { readonly name: string; readonly until: Instant }>();

  constructor(clock: Clock, log: Log, onChange: () => void) {
    this.#clock = clock;
    this.#log = log;
    this.#onChange = onChange;
  }

  /** What does not work, by service. */
  get problems(): ReadonlyMap<string, string> {
    return this.#problems;
  }

  /** Says what is wrong with a service, or with undefined that nothing is. */
  note(service: string, problem: string | undefined): void {
    if (this.#problems.get(service) === problem) return;
    if (problem === undefined) this.#problems.delete(service);
    else {
      this.#problems.set(service, problem);
      this.#log.warn(`${service}: ${problem}`);
    }
    this.#onChange();
  }

  /** Something that happened, and that nobody will say has ended: shown until it has not happened for a while. */
  warn(name: string, reason: string): void {
    this.#log.warn(`${name}: ${reason}`);
    this.#warnings.delete(reason);
    const [oldest] = this.#warnings.keys();
    if (this.#warnings.size >= MAX_WARNINGS && oldest !== undefined) this.#warnings.delete(oldest);
    this.#warnings.set(reason, { name, until: after(this.#clock.now(), SHOWN_AFTER) });
    this.#onChange();
  }

  /** What happened of late. */
  warnings(): readonly Notice[] {
    const now = this.#clock.now();
    for (const [reason, { until }] of this.#warnings) if (until <= now) this.#warnings.delete(reason);
    return [...this.#warnings].map(([reason, { name }]) => ({ name, reason }));
  }
}
