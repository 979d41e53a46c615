import { Seconds } from '../../base/duration.ts';
import { messageOf } from '../../base/errors.ts';
import { after } from '../../base/instant.ts';
import { fromUtf8, utf8 } from '../../base/text.ts';
import {
  type SelfRestart,
  addRestart,
  decodeRing,
  encodeRing,
  futileChecks,
  recentRestarts,
} from '../../engine/watchdog/restart-ring.ts';
import {
  type Findings,
  NOTHING_SEEN,
  type Watch,
  type WatchVerdict,
  stepWatch,
} from '../../engine/watchdog/watch.ts';
import type { Cancel, Clock } from '../../port/clock.ts';
import type { Files } from '../../port/files.ts';
import type { Log } from '../../port/log.ts';
import type { WatchdogDevice } from '../../port/watchdog.ts';

/** Looks whether one thing works: settles if so, fails with the reason if not. */
export type SelfCheck = () => Promise<void>;

export interface WatchdogPorts {
  readonly device: WatchdogDevice;
  /** The data directory. */
  readonly files: Files;
  readonly clock: Clock;
  readonly log: Log;
  readonly checks: ReadonlyMap<string, SelfCheck>;
  /** The orderly way to a restart; should that hang as well, the watchdog bites. */
  readonly restart: (reason: string) => void;
  /** What the owner has to know of the restart before this start. */
  readonly onRestarted: (sentence: string) => void;
}

const RESTARTS_FILE = 'state/self-restarts.json';
/** The watchdog of the Raspberry Pi bites after 15 seconds. */
const LOOK_EVERY = Seconds(4);
/** A check that takes longer has found nothing: it counts as failed. */
const CHECK_TIMEOUT = Seconds(3);

/**
 * Feeds the watchdog for as long as the box works. An event loop that stands still feeds nothing; a check that has worked and fails for a
 * minute has its reason written down, and then nothing is fed any more either.
 */
export class Watchdog {
  readonly #ports: WatchdogPorts;
  #watch: Watch = NOTHING_SEEN;
  #ring: readonly SelfRestart[] = [];
  #next: Cancel | undefined;
  #isStarving = false;
  #isStopped = false;
  #feeding: Promise<void> = Promise.resolve();

  constructor(ports: WatchdogPorts) {
    this.#ports = ports;
  }

  async start(): Promise<void> {
    const { clock, log, onRestarted } = this.#ports;
    // A device that takes nothing may bite later; a start that ended for it would be no better.
    await this.#feed().catch((error: unknown) => log.error(messageOf(error)));
    this.#lookSoon();
    this.#ring = await this.#load();
    const last = recentRestarts(this.#ring, clock.wallTime()).at(-1);
    if (last !== undefined)
      onRestarted(`The box has restarted itself, because ${last.check} did not work: ${last.reason}`);
  }

  /** Ends the watching in an orderly way. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#next?.cancel();
    // What is written behind the last word would take it back.
    await this.#feeding.catch(() => undefined);
    if (!this.#isStarving) await this.#ports.device.release();
  }

  #lookSoon(): void {
    const { clock, log } = this.#ports;
    this.#next = clock.wake(after(clock.now(), LOOK_EVERY), () => {
      this.#lookSoon();
      this.#look().catch((error: unknown) => log.error(messageOf(error)));
    });
  }

  async #look(): Promise<void> {
    const { clock } = this.#ports;
    const findings = await this.#findings();
    if (this.#isStarving || this.#isStopped) return;
    const futile = futileChecks(this.#ring, clock.wallTime());
    const { watch, verdict } = stepWatch(this.#watch, findings, { now: clock.now(), futile });
    this.#watch = watch;
    if (verdict.kind === 'feed') await this.#feed();
    else await this.#starve(verdict);
  }

  async #feed(): Promise<void> {
    this.#feeding = this.#ports.device.feed();
    await this.#feeding;
  }

  async #findings(): Promise<Findings> {
    const entries = [...this.#ports.checks].map(
      async ([name, check]) => [name, await this.#reasonOf(check)] as const,
    );
    return new Map(await Promise.all(entries));
  }

  async #reasonOf(check: SelfCheck): Promise<string | undefined> {
    const { clock } = this.#ports;
    const { promise: late, resolve } = Promise.withResolvers<string>();
    const timer = clock.wake(after(clock.now(), CHECK_TIMEOUT), () => resolve('no answer in time'));
    try {
      const done = check().then(() => undefined, messageOf);
      return await Promise.race([done, late]);
    } finally {
      timer.cancel();
    }
  }

  async #starve({ check, reason }: WatchVerdict & { readonly kind: 'starve' }): Promise<void> {
    const { clock, restart } = this.#ports;
    this.#isStarving = true;
    await this.#remember({ time: clock.wallTime(), check, reason });
    restart(`${check} has not worked for a minute: ${reason}`);
  }

  /** Keeps beside the restarts of the board that a network card was started anew, and why. */
  async rememberCard(card: string, reason: string): Promise<void> {
    await this.#remember({ time: this.#ports.clock.wallTime(), check: card, reason, isCard: true });
  }

  /** Keeps that starts of the board came to nothing, which this one has found out. */
  async rememberFailedStarts(part: string, reason: string): Promise<void> {
    await this.#remember({ time: this.#ports.clock.wallTime(), check: part, reason });
  }

  async #remember(restart: SelfRestart): Promise<void> {
    const { files, log } = this.#ports;
    this.#ring = addRestart(this.#ring, restart);
    try {
      await files.makeDirectory('state');
      await files.replace(RESTARTS_FILE, utf8(encodeRing(this.#ring)));
    } catch (error) {
      log.error(`The reason of the restart cannot be kept: ${messageOf(error)}`);
    }
  }

  async #load(): Promise<readonly SelfRestart[]> {
    try {
      const bytes = await this.#ports.files.read(RESTARTS_FILE);
      return bytes === undefined ? [] : decodeRing(fromUtf8(bytes));
    } catch (error) {
      this.#ports.log.warn(`Cannot read of earlier restarts: ${messageOf(error)}`);
      return [];
    }
  }
}
