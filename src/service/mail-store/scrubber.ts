import { messageOf } from '../../base/errors.ts';
import { Days, type Duration, Hours, Milliseconds, Minutes } from '../../base/duration.ts';
import { Timestamp, after, between } from '../../base/instant.ts';
import { fromUtf8, utf8 } from '../../base/text.ts';
import type { MailIndex } from '../../engine/mail-store/mail-index.ts';
import type { Journal } from '../../io/journal/journal.ts';
import type { Cancel, Clock } from '../../port/clock.ts';
import type { Files } from '../../port/files.ts';
import type { Log } from '../../port/log.ts';
import type { BlobFiles } from './blob-files.ts';
import type { Damage } from './damage.ts';

const STATE_PATH = 'mail/scrub.json';
/** How often everything is read. */
const EVERY = Days(1);
/** After a start the box has other things to do. */
const FIRST_AFTER = Minutes(10);
/** After a pass that failed. */
const AGAIN_AFTER = Hours(1);
/** Octets read in a second, so that mail and routing do not wait for the card. */
const PACE = 4 * 1024 * 1024;

export interface ScrubberParts {
  readonly files: Files;
  readonly journal: Journal;
  readonly index: MailIndex;
  readonly blobs: BlobFiles;
  readonly damage: Damage;
  readonly clock: Clock;
  readonly log: Log;
  /** A pass came to its end. */
  readonly onFinished: () => void;
}

/** What is remembered across restarts: damage in segments is found again at a start, that of blobs is not. */
interface State {
  readonly finished: number;
  readonly damagedBlobs: readonly number[];
}

/**
 * Reads the whole store once a day, slowly, and has every checksum checked: cards lose old data silently, and a message that nobody fetches would
 * be missed only when it is wanted.
 */
export class Scrubber {
  readonly #parts: ScrubberParts;
  #lastScrub: Timestamp | undefined;
  #wake: Cancel | undefined;
  #isStopped = false;
  #pass: Promise<void> = Promise.resolve();
  /** Ends the pause under way. */
  #resume: () => void = () => {};

  constructor(parts: ScrubberParts) {
    this.#parts = parts;
  }

  /** When a pass last came to its end. */
  get lastScrub(): Timestamp | undefined {
    return this.#lastScrub;
  }

  /** What the last pass found, as it was before this start. */
  async load(): Promise<void> {
    const bytes = await this.#parts.files.read(STATE_PATH);
    const state = bytes === undefined ? undefined : stateFrom(bytes);
    if (state === undefined) return;
    this.#lastScrub = Timestamp(state.finished);
    for (const id of state.damagedBlobs) {
      if (this.#parts.index.find(id) !== undefined) this.#parts.damage.addBlob(id);
    }
  }

  /** Scrubs every day from now on. */
  start(): void {
    const { clock } = this.#parts;
    const age = this.#lastScrub === undefined ? EVERY : between(this.#lastScrub, clock.wallTime());
    // A box without a clock of its own may have been in another year at the last pass.
    const isRecent = age >= 0 && age < EVERY;
    this.#schedule(isRecent ? Milliseconds(Math.max(FIRST_AFTER, EVERY - age)) : FIRST_AFTER);
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#wake?.cancel();
    this.#resume();
    await this.#pass;
  }

  /** One pass over everything, at once. */
  async scrub(): Promise<void> {
    const { clock, damage, files, index, journal } = this.#parts;
    // Where it cannot be written, the next change tells.
    await journal.witness().catch(() => {});
    for (const { number } of journal.segments()) {
      if (this.#isStopped) return;
      const check = await journal.check(number);
      await this.#pause(check?.octets ?? 0);
    }
    for (const { id, blobChecksum, size } of index.blobs()) {
      if (this.#isStopped) return;
      await this.#checkBlob(id, { checksum: blobChecksum ?? 0, length: size });
      await this.#pause(size);
    }
    this.#lastScrub = clock.wallTime();
    const state: State = { finished: this.#lastScrub, damagedBlobs: damage.blobs };
    await files.replace(STATE_PATH, utf8(JSON.stringify(state)));
    this.#parts.onFinished();
  }

  async #checkBlob(id: number, about: { readonly checksum: number; readonly length: number }): Promise<void> {
    const { blobs, damage, index } = this.#parts;
    const isGood = await blobs.isIntact(id, about);
    if (!isGood && index.find(id) !== undefined) damage.addBlob(id);
  }

  #schedule(delay: Duration): void {
    const { clock, log } = this.#parts;
    this.#wake = clock.wake(after(clock.now(), delay), () => {
      this.#pass = this.scrub().then(
        () => this.#again(EVERY),
        (error: unknown) => {
          log.warn(`The mail store could not be checked: ${messageOf(error)}`);
          this.#again(AGAIN_AFTER);
        },
      );
    });
  }

  #again(delay: Duration): void {
    if (!this.#isStopped) this.#schedule(delay);
  }

  async #pause(octets: number): Promise<void> {
    const { clock } = this.#parts;
    const { promise, resolve } = Promise.withResolvers<void>();
    if (this.#isStopped) return;
    this.#resume = resolve;
    const wake = clock.wake(after(clock.now(), Milliseconds((octets / PACE) * 1000)), resolve);
    await promise;
    wake.cancel();
  }
}

/** Undefined if the file is not what was written: it holds nothing that a pass would not find again. */
function stateFrom(bytes: Uint8Array): State | undefined {
  try {
    const { finished, damagedBlobs } = JSON.parse(fromUtf8(bytes)) as Partial<State>;
    const isGood = typeof finished === 'number' && Array.isArray(damagedBlobs);
    return isGood ? { finished, damagedBlobs } : undefined;
  } catch {
    return undefined;
  }
}
