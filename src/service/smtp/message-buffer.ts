import { concatBytes } from '../../base/bytes.ts';

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

const FIRST_CAPACITY = 8 * 1024;

/**
 * A message while it comes in, in one piece: kept as the chunks it came in, a client that sends octet by octet would
 * make us hold an object for each. What does not fit is dropped while it comes in, so that the dialogue can go on. Room is left for what will be put in front, so
 * that a large message is never there twice.
 */
export class MessageBuffer {
  readonly #limit: number;
  readonly #budget: BufferBudget;
  readonly #headroom: number;
  #bytes = new Uint8Array(0);
  #length = 0;
  /** Where the content begins. */
  #start: number;
  #state: 'whole' | 'too-large' | 'no-room' = 'whole';

  constructor(limit: number, budget: BufferBudget, headroom = 0) {
    this.#limit = limit;
    this.#budget = budget;
    this.#headroom = headroom;
    this.#start = headroom;
  }

  push(chunk: Uint8Array): void {
    if (this.#state !== 'whole') return;
    const wanted = this.#length + chunk.length;
    if (wanted > this.#limit) this.#drop('too-large');
    else if (this.#headroom + wanted > this.#bytes.length && !this.#grow(wanted)) this.#drop('no-room');
    else {
      this.#bytes.set(chunk, this.#headroom + this.#length);
      this.#length = wanted;
    }
  }

  get state(): 'whole' | 'too-large' | 'no-room' {
    return this.#state;
  }

  get content(): Uint8Array {
    return this.#bytes.subarray(this.#start, this.#start + this.#length);
  }

  /** Takes ranges of {@link content}, in their order, out of it in place, once all has come: what stands before them moves towards the end. */
  cut(ranges: readonly { readonly start: number; readonly end: number }[]): void {
    const { content } = this;
    let gap = 0;
    for (const [index, { start, end }] of ranges.toReversed().entries()) {
      const earlier = ranges[ranges.length - 2 - index]?.end ?? 0;
      gap += end - start;
      content.copyWithin(earlier + gap, earlier, start);
    }
    this.#start += gap;
    this.#length -= gap;
  }

  /** The content with `head` in front. */
  contentAfter(head: Uint8Array): Uint8Array {
    const start = this.#start - head.length;
    if (start < 0 || this.#bytes.length === 0) return concatBytes([head, this.content]);
    this.#bytes.set(head, start);
    return this.#bytes.subarray(start, this.#start + this.#length);
  }

  /** Gives the memory back to the budget; {@link content} is empty then. */
  release(): void {
    this.#budget.giveBack(this.#bytes.length);
    this.#bytes = new Uint8Array(0);
    this.#length = 0;
  }

  #grow(wanted: number): boolean {
    const most = this.#headroom + this.#limit;
    const capacity = Math.min(
      most,
      Math.max(this.#headroom + wanted, 2 * this.#bytes.length, FIRST_CAPACITY),
    );
    if (!this.#budget.take(capacity - this.#bytes.length)) return false;
    const larger = new Uint8Array(capacity);
    larger.set(this.#bytes.subarray(0, this.#headroom + this.#length));
    this.#bytes = larger;
    return true;
  }

  #drop(state: 'too-large' | 'no-room'): void {
    this.#state = state;
    this.release();
  }
}
