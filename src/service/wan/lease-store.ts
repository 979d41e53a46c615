import { type Duration, Hours, Milliseconds } from '../../base/duration.ts';
import { messageOf } from '../../base/errors.ts';
import { type Instant, after, between } from '../../base/instant.ts';
import { fromUtf8, utf8 } from '../../base/text.ts';
import { type Binding, decodeBinding, encodeBinding } from '../../engine/dhcp4-client/binding.ts';
import type { Cancel, Clock } from '../../port/clock.ts';
import type { Files } from '../../port/files.ts';
import type { Log } from '../../port/log.ts';

export const WAN_LEASE_FILE = 'state/wan-lease.json';
const DIRECTORY = 'state';
/** The text that stands for no file. */
const NOTHING = '';

/**
 * So many changes are written as they come, and one in each hour after that; of those in between the last one counts.
 * Otherwise a provider with leases of seconds who names its servers in another order each time, or refuses what it granted,
 * would wear the card out. What a power cut can lose by it costs one question: the server refuses the address of
 * the file, and the box discovers anew.
 */
export const WRITES_AT_ONCE = 8;
export const WRITE_INTERVAL: Duration = Hours(1);

interface StorePorts {
  readonly files: Files;
  readonly log: Log;
  readonly clock: Clock;
}

/** The last WAN binding in a small file, written only when it has changed. A disk that fails does not stop the WAN. */
export class LeaseStore {
  readonly #ports: StorePorts;
  readonly #onProblem: () => void;
  #queue: Promise<void> = Promise.resolve();
  #problem: string | undefined;
  /** What the file has, or will have when the queue is done: its text, none without a binding; undefined while unknown. */
  #written: string | undefined;
  #wanted: string | undefined;
  #writesLeft = WRITES_AT_ONCE;
  #refilled: Instant;
  #later: Cancel | undefined;

  constructor(ports: StorePorts, onProblem: () => void) {
    this.#ports = ports;
    this.#onProblem = onProblem;
    this.#refilled = ports.clock.now();
  }

  /** Why the last change is not on stable storage; undefined if it is. */
  get problem(): string | undefined {
    return this.#problem;
  }

  async load(): Promise<Binding | undefined> {
    try {
      const bytes = await this.#ports.files.read(WAN_LEASE_FILE);
      this.#written = bytes === undefined ? NOTHING : fromUtf8(bytes);
      if (bytes === undefined) return undefined;
      const binding = decodeBinding(this.#written);
      if (binding === undefined)
        this.#ports.log.warn(`${WAN_LEASE_FILE} is damaged: a new lease is discovered`);
      return binding;
    } catch (error) {
      this.#ports.log.warn(`Cannot read ${WAN_LEASE_FILE}: ${messageOf(error)}; a new lease is discovered`);
      return undefined;
    }
  }

  save(binding: Binding): void {
    this.#want(encodeBinding(binding));
  }

  forget(): void {
    this.#want(NOTHING);
  }

  /** Writes what has waited, and resolves when that has been done or has failed. */
  async settled(): Promise<void> {
    this.#later?.cancel();
    this.#write();
    await this.#queue;
  }

  #want(text: string): void {
    this.#wanted = text;
    this.#later?.cancel();
    this.#refill();
    if (this.#wanted === this.#written) return;
    if (this.#writesLeft > 0) {
      this.#writesLeft--;
      this.#write();
      return;
    }
    const { clock } = this.#ports;
    this.#later = clock.wake(after(this.#refilled, WRITE_INTERVAL), () => this.#want(text));
  }

  #refill(): void {
    const hours = Math.floor(between(this.#refilled, this.#ports.clock.now()) / WRITE_INTERVAL);
    this.#writesLeft = Math.min(WRITES_AT_ONCE, this.#writesLeft + hours);
    this.#refilled = after(this.#refilled, Milliseconds(hours * WRITE_INTERVAL));
  }

  #write(): void {
    const text = this.#wanted;
    if (text === undefined || text === this.#written) return;
    this.#written = text;
    this.#queue = this.#queue
      .then(() => this.#replace(text))
      .then(
        () => this.#note(undefined),
        (error: unknown) => {
          this.#written = undefined;
          this.#note(`Cannot write ${WAN_LEASE_FILE}: ${messageOf(error)}`);
        },
      );
  }

  async #replace(text: string): Promise<void> {
    const { files } = this.#ports;
    if (text !== NOTHING) {
      await files.makeDirectory(DIRECTORY);
      await files.replace(WAN_LEASE_FILE, utf8(text));
    } else if ((await files.read(WAN_LEASE_FILE)) !== undefined) await files.remove(WAN_LEASE_FILE);
  }

  #note(problem: string | undefined): void {
    if (problem === this.#problem) return;
    this.#problem = problem;
    if (problem !== undefined) this.#ports.log.warn(problem);
    this.#onProblem();
  }
}
