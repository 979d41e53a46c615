/** Octets that all messages coming in may take together. */
export class BufferBudget {
  #free: number;

  constructor(octets: number) {
    this.#free = octets;
  }

  /** Takes `octets` out if they are there. */
  take(octets: number): boolean {
    if (octets > this.#free) return false;
    this.#free -= octets;
    return true;
  }

  giveBack(octets: number): void {
    this.#free += octets;
  }
}

const FIRST_CAPACITY = 16 * 1024;

/**
 * A message while it comes in, in one piece: kept as the chunks it came in, a client that sends octet by octet would
 * make us hold an object for each. What does not fit is dropped while it comes in, so that the dialogue can go on.
 */
export class MessageBuffer {
  readonly #limit: number;
  readonly #budget: BufferBudget;
  #bytes = new Uint8Array(0);
  #length = 0;
  #state: 'whole' | 'too-large' | 'no-room' = 'whole';

  constructor(limit: number, budget: BufferBudget) {
    this.#limit = limit;
    this.#budget = budget;
  }

  push(chunk: Uint8Array): void {
    if (this.#state !== 'whole') return;
    const wanted = this.#length + chunk.length;
    if (wanted > this.#limit) this.#drop('too-large');
    else if (wanted > this.#bytes.length && !this.#grow(wanted)) this.#drop('no-room');
    else {
      this.#bytes.set(chunk, this.#length);
      this.#length = wanted;
    }
  }

  get state(): 'whole' | 'too-large' | 'no-room' {
    return this.#state;
  }

  get content(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  /** Gives the memory back to the budget; {@link content} is empty then. */
  release(): void {
    this.#budget.giveBack(this.#bytes.length);
    this.#bytes = new Uint8Array(0);
    this.#length = 0;
  }

  #grow(wanted: number): boolean {
    const capacity = Math.min(this.#limit, Math.max(wanted, 2 * this.#bytes.length, FIRST_CAPACITY));
    if (!this.#budget.take(capacity - this.#bytes.length)) return false;
    const larger = new Uint8Array(capacity);
    larger.set(this.content);
    this.#bytes = larger;
    return true;
  }

  #drop(state: 'too-large' | 'no-room'): void {
    this.#state = state;
    this.release();
  }
}
