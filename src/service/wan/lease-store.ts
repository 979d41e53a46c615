import { messageOf } from '../../base/errors.ts';
import { fromUtf8, utf8 } from '../../base/text.ts';
import { type Binding, decodeBinding, encodeBinding } from '../../engine/dhcp4-client/binding.ts';
import type { Files } from '../../port/files.ts';
import type { Log } from '../../port/log.ts';

export const WAN_LEASE_FILE = 'state/wan-lease.json';
const DIRECTORY = 'state';

/** The last WAN binding in a small file, written only when it has changed. A disk that fails does not stop the WAN. */
export class LeaseStore {
  readonly #files: Files;
  readonly #log: Log;
  readonly #onProblem: () => void;
  #queue: Promise<void> = Promise.resolve();
  #problem: string | undefined;

  constructor(ports: { readonly files: Files; readonly log: Log }, onProblem: () => void) {
    this.#files = ports.files;
    this.#log = ports.log;
    this.#onProblem = onProblem;
  }

  /** Why the last change is not on stable storage; undefined if it is. */
  get problem(): string | undefined {
    return this.#problem;
  }

  async load(): Promise<Binding | undefined> {
    try {
      const bytes = await this.#files.read(WAN_LEASE_FILE);
      if (bytes === undefined) return undefined;
      const binding = decodeBinding(fromUtf8(bytes));
      if (binding === undefined) this.#log.warn(`${WAN_LEASE_FILE} is damaged: a new lease is discovered`);
      return binding;
    } catch (error) {
      this.#log.warn(`Cannot read ${WAN_LEASE_FILE}: ${messageOf(error)}; a new lease is discovered`);
      return undefined;
    }
  }

  save(binding: Binding): void {
    this.#enqueue(async () => {
      await this.#files.makeDirectory(DIRECTORY);
      await this.#files.replace(WAN_LEASE_FILE, utf8(encodeBinding(binding)));
    });
  }

  forget(): void {
    this.#enqueue(async () => {
      if ((await this.#files.read(WAN_LEASE_FILE)) !== undefined) await this.#files.remove(WAN_LEASE_FILE);
    });
  }

  /** Resolves when everything asked for so far has been done or has failed. */
  settled(): Promise<void> {
    return this.#queue;
  }

  #enqueue(write: () => Promise<void>): void {
    this.#queue = this.#queue.then(write).then(
      () => this.#note(undefined),
      (error: unknown) => this.#note(`Cannot write ${WAN_LEASE_FILE}: ${messageOf(error)}`),
    );
  }

  #note(problem: string | undefined): void {
    if (problem === this.#problem) return;
    this.#problem = problem;
    if (problem !== undefined) this.#log.warn(problem);
    this.#onProblem();
  }
}
