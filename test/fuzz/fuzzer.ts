import { DecodeError } from '../../src/base/errors.ts';
import type { FuzzRun, FuzzTarget } from './fuzz-target.ts';
import { mutate } from './mutate.ts';
import { SeededRandom } from './random.ts';

/** Inputs that took a new way are changed further; the pool holds at most so many, then new ones replace old ones. */
const MAX_POOL = 4000;
/** A target starts afresh after so many inputs, so that a fault can be found again without all that came before. */
const INPUTS_PER_RUN = 10_000;
/** Ways told apart at most: from then on nothing counts as new, so that a long run needs no more memory than a short one. */
const MAX_OUTCOMES = 20_000;
/** Faults after this many are of no more use. */
const MAX_FAULTS = 20;

export interface Fault {
  readonly execution: number;
  readonly input: Uint8Array;
  readonly error: unknown;
}

/** What a decoder's refusal has in common with others of its kind: numbers do not count. */
function refusalOf({ path, message }: DecodeError): string {
  return `refused ${path.replaceAll(/\d+/g, '#')} ${message.replaceAll(/\d+/g, '#')}`;
}

/**
 * Changes inputs again and again and keeps those that lead to an outcome not seen before. The same target, seeds and
 * number give the same inputs on every machine.
 */
export class Fuzzer {
  readonly target: FuzzTarget;
  readonly faults: Fault[] = [];
  /** Inputs that were not among the seeds and led to something new. */
  readonly found: Uint8Array[] = [];
  executions = 0;
  readonly #random: SeededRandom;
  readonly #pool: Uint8Array[];
  readonly #outcomes = new Set<string>();
  #run: FuzzRun;
  #replaced = 0;

  constructor(target: FuzzTarget, seeds: readonly Uint8Array[], seed: number) {
    this.target = target;
    this.#random = new SeededRandom(seed);
    this.#pool = seeds.length === 0 ? [new Uint8Array(64)] : [...seeds];
    this.#run = target.open();
  }

  /** Executes the seeds, so that what they lead to is not new. */
  async begin(): Promise<void> {
    for (const input of this.#pool) await this.#take(input);
  }

  /** Ways seen so far. */
  get outcomes(): number {
    return this.#outcomes.size;
  }

  get isExhausted(): boolean {
    return this.faults.length >= MAX_FAULTS;
  }

  /** The next input, before anything is done with it. */
  next(): Uint8Array {
    return mutate(this.#random.oneOf(this.#pool), this.#random.oneOf(this.#pool), this.#random);
  }

  async execute(input: Uint8Array): Promise<void> {
    if (this.executions % INPUTS_PER_RUN === 0) this.#run = this.target.open();
    this.executions++;
    if (!(await this.#take(input))) return;
    if (this.found.length < MAX_POOL) this.found.push(input);
    if (this.#pool.length < MAX_POOL) this.#pool.push(input);
    else this.#pool[this.#replaced++ % MAX_POOL] = input;
  }

  /** Whether the input led to something new. */
  async #take(input: Uint8Array): Promise<boolean> {
    const outcome = await this.#outcomeOf(input);
    if (outcome === undefined || this.#outcomes.has(outcome)) return false;
    if (this.#outcomes.size >= MAX_OUTCOMES) return false;
    this.#outcomes.add(outcome);
    return true;
  }

  async #outcomeOf(input: Uint8Array): Promise<string | undefined> {
    try {
      return await this.#run(input);
    } catch (error) {
      if (error instanceof DecodeError) return refusalOf(error);
      if (!this.isExhausted) this.faults.push({ execution: this.executions, input, error });
      this.#run = this.target.open();
      return undefined;
    }
  }
}
