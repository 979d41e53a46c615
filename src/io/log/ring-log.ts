import type { Cancel, Clock } from '../../port/clock.ts';
import { printable } from '../../base/printable.ts';
import { type Log, type LogEntry, type LogLevel, LOG_LEVELS } from '../../port/log.ts';
import { formatEntry } from './format-entry.ts';

/** Entries kept in memory; a new one pushes out the oldest. About 1 MB when full of ordinary lines. */
const DEFAULT_RING_ENTRIES = 2000;
/** A longer line is cut: a peer must not fill the ring by one enormous name. */
export const MAX_LINE = 500;
const MAX_SOURCE = 24;

export interface RingLogOptions {
  readonly clock: Clock;
  readonly capacity?: number;
  /** The lowest level that is kept; lower ones are dropped unseen, so that they cannot push out what matters. */
  readonly keepFrom?: LogLevel;
  /** The lowest level that is printed as well. */
  readonly printFrom?: LogLevel;
  /** Takes one line without line end; standard error by default. */
  readonly print?: (line: string) => void;
}

/** The log of the box: in memory only, because an idle box writes nothing to its card. */
export class RingLog {
  readonly #clock: Clock;
  readonly #capacity: number;
  readonly #keepFrom: number;
  readonly #printFrom: number;
  readonly #print: (line: string) => void;
  readonly #ring: LogEntry[] = [];
  readonly #subscribers = new Set<(entry: LogEntry) => void>();
  #oldest = 0;
  #pushedOut = 0;

  constructor(options: RingLogOptions) {
    this.#clock = options.clock;
    this.#capacity = options.capacity ?? DEFAULT_RING_ENTRIES;
    this.#keepFrom = LOG_LEVELS.indexOf(options.keepFrom ?? 'info');
    this.#printFrom = LOG_LEVELS.indexOf(options.printFrom ?? 'notice');
    this.#print = options.print ?? ((line) => void process.stderr.write(`${line}\n`));
  }

  /** How many entries newer ones have pushed out since the start. */
  get pushedOut(): number {
    return this.#pushedOut;
  }

  /** The writing end for one part of the program. */
  logFor(source: string): Log {
    const write = (level: LogLevel) => (text: string) => {
      this.add({ time: this.#clock.wallTime(), level, source, text });
    };
    return {
      debug: write('debug'),
      info: write('info'),
      notice: write('notice'),
      warn: write('warn'),
      error: write('error'),
      fatal: write('fatal'),
    };
  }

  /** Takes an entry as it is, with its own time: from {@link logFor} or from another role. */
  add(entry: LogEntry): void {
    const rank = LOG_LEVELS.indexOf(entry.level);
    if (rank < this.#keepFrom) return;
    const clean: LogEntry = {
      time: entry.time,
      level: entry.level,
      source: printable(entry.source, MAX_SOURCE),
      text: printable(entry.text, MAX_LINE),
    };
    this.#store(clean);
    if (rank >= this.#printFrom) this.#print(formatEntry(clean));
    for (const subscriber of this.#subscribers) subscriber(clean);
  }

  /** What is kept, oldest first. */
  entries(): readonly LogEntry[] {
    return [...this.#ring.slice(this.#oldest), ...this.#ring.slice(0, this.#oldest)];
  }

  /** Calls `subscriber` for every entry from now on. It must not log. */
  subscribe(subscriber: (entry: LogEntry) => void): Cancel {
    // The wrapper makes each subscription its own, even if a function is given twice.
    const own = (entry: LogEntry): void => subscriber(entry);
    this.#subscribers.add(own);
    return { cancel: () => void this.#subscribers.delete(own) };
  }

  #store(entry: LogEntry): void {
    if (this.#ring.length < this.#capacity) {
      this.#ring.push(entry);
      return;
    }
    this.#ring[this.#oldest] = entry;
    this.#oldest = (this.#oldest + 1) % this.#capacity;
    this.#pushedOut++;
  }
}
