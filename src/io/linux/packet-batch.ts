import { MAC_LENGTH } from '../../base/mac.ts';

/** One packet as views of memory that is used again: they are valid until the next one. */
export interface PacketView {
  readonly source: Uint8Array;
  readonly destination: Uint8Array;
  readonly payload: Uint8Array;
  readonly checksumReady: boolean;
}

/** Length of the payload u32 little-endian, 1 if its checksum can be checked, source, destination. */
const HEAD = 4 + 1 + 2 * MAC_LENGTH;
const FIRST_CAPACITY = 64 * 1024;

/** Packets put together for their way between threads: one message and one copy for all that are there at a time. */
export class PacketBatch {
  #bytes = new Uint8Array(FIRST_CAPACITY);
  #length = 0;
  #count = 0;

  get count(): number {
    return this.#count;
  }

  add({ source, destination, payload, checksumReady }: PacketView): void {
    const at = this.#length;
    this.#length += HEAD + payload.length;
    if (this.#length > this.#bytes.length) this.#grow();
    const bytes = this.#bytes;
    for (let i = 0; i < 4; i++) bytes[at + i] = payload.length >>> (8 * i);
    bytes[at + 4] = checksumReady ? 1 : 0;
    bytes.set(source, at + 5);
    bytes.set(destination, at + 5 + MAC_LENGTH);
    bytes.set(payload, at + HEAD);
    this.#count++;
  }

  /** What was added since the last time. */
  take(): Uint8Array<ArrayBuffer> {
    const taken = this.#bytes.slice(0, this.#length);
    this.#length = 0;
    this.#count = 0;
    return taken;
  }

  #grow(): void {
    const larger = new Uint8Array(this.#length * 2);
    larger.set(this.#bytes);
    this.#bytes = larger;
  }
}

/** The packets of a batch, in order, as views of it. */
export function* packetsOf(batch: Uint8Array): IterableIterator<PacketView> {
  for (let at = 0; at + HEAD <= batch.length;) {
    let length = 0;
    for (let i = 3; i >= 0; i--) length = length * 256 + (batch[at + i] ?? 0);
    const source = at + 5;
    const destination = source + MAC_LENGTH;
    const payload = at + HEAD;
    yield {
      source: batch.subarray(source, destination),
      destination: batch.subarray(destination, payload),
      payload: batch.subarray(payload, payload + length),
      checksumReady: batch[at + 4] === 1,
    };
    at = payload + length;
  }
}
