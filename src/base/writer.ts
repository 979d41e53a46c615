import { InvariantError } from './errors.ts';

const MAX_U64 = 0xffff_ffff_ffff_ffffn;
const LOW_U32 = 0xffff_ffffn;
/** What a writer that is used again keeps at most. */
const KEPT_CAPACITY = 4096;

function checkFits(length: number, value: number, max: number): void {
  if (!Number.isInteger(value) || value < 0 || value > max) {
    throw new InvariantError(`Cannot write ${value} into ${length} bytes`);
  }
}

/**
 * A growing byte buffer. Big-endian unless the name says `Le`. A number that does not fit its field is our own bug. Bytes are
 * set one by one: a DataView would take a small buffer out of the collector's own memory, and thousands a second of those cost.
 */
export class Writer {
  #bytes: Uint8Array<ArrayBuffer>;
  #at = 0;

  constructor(capacity = 64) {
    this.#bytes = new Uint8Array(capacity);
  }

  /** Bytes written so far. */
  get length(): number {
    return this.#at;
  }

  u8(value: number): this {
    const at = this.#reserve(1, value, 0xff);
    this.#bytes[at] = value;
    return this;
  }
  u16(value: number): this {
    const at = this.#reserve(2, value, 0xffff);
    this.#bytes[at] = value >>> 8;
    this.#bytes[at + 1] = value;
    return this;
  }
  u16Le(value: number): this {
    const at = this.#reserve(2, value, 0xffff);
    this.#bytes[at] = value;
    this.#bytes[at + 1] = value >>> 8;
    return this;
  }
  u32(value: number): this {
    this.#setU32(this.#reserve(4, value, 0xffff_ffff), value);
    return this;
  }
  u32Le(value: number): this {
    this.#setU32Le(this.#reserve(4, value, 0xffff_ffff), value);
    return this;
  }
  u64(value: bigint): this {
    if (value < 0n || value > MAX_U64) throw new InvariantError(`Cannot write ${value} into 8 bytes`);
    const at = this.#grow(8);
    this.#setU32(at, Number(value >> 32n));
    this.#setU32(at + 4, Number(value & LOW_U32));
    return this;
  }
  u64Le(value: bigint): this {
    if (value < 0n || value > MAX_U64) throw new InvariantError(`Cannot write ${value} into 8 bytes`);
    const at = this.#grow(8);
    this.#setU32Le(at, Number(value & LOW_U32));
    this.#setU32Le(at + 4, Number(value >> 32n));
    return this;
  }

  bytes(value: Uint8Array): this {
    const at = this.#grow(value.length);
    this.#bytes.set(value, at);
    return this;
  }

  /** `count` zero bytes. */
  zeros(count: number): this {
    const at = this.#grow(count);
    this.#bytes.fill(0, at, at + count);
    return this;
  }

  /** Zero bytes up to the next multiple of `alignment`, counted from the start of this writer. */
  align(alignment: number): this {
    return this.zeros((alignment - (this.#at % alignment)) % alignment);
  }

  /** Overwrites a byte written earlier: for lengths known only afterwards. */
  patchU8(at: number, value: number): this {
    this.#bytes[this.#written(at, 1, value, 0xff)] = value;
    return this;
  }
  /** Overwrites two bytes written earlier. */
  patchU16(at: number, value: number): this {
    const place = this.#written(at, 2, value, 0xffff);
    this.#bytes[place] = value >>> 8;
    this.#bytes[place + 1] = value;
    return this;
  }
  patchU16Le(at: number, value: number): this {
    const place = this.#written(at, 2, value, 0xffff);
    this.#bytes[place] = value;
    this.#bytes[place + 1] = value >>> 8;
    return this;
  }

  /** A copy of what was written. */
  finish(): Uint8Array<ArrayBuffer> {
    return this.#bytes.slice(0, this.#at);
  }

  /** Forgets what was written, and a large buffer. */
  clear(): void {
    this.#at = 0;
    if (this.#bytes.length > KEPT_CAPACITY) this.#bytes = new Uint8Array(KEPT_CAPACITY);
  }

  #setU32(at: number, value: number): void {
    this.#bytes[at] = value >>> 24;
    this.#bytes[at + 1] = value >>> 16;
    this.#bytes[at + 2] = value >>> 8;
    this.#bytes[at + 3] = value;
  }

  #setU32Le(at: number, value: number): void {
    this.#bytes[at] = value;
    this.#bytes[at + 1] = value >>> 8;
    this.#bytes[at + 2] = value >>> 16;
    this.#bytes[at + 3] = value >>> 24;
  }

  #reserve(length: number, value: number, max: number): number {
    checkFits(length, value, max);
    return this.#grow(length);
  }

  #written(at: number, length: number, value: number, max: number): number {
    checkFits(length, value, max);
    if (at < 0 || at + length > this.#at)
      throw new InvariantError(`Cannot overwrite ${length} bytes at ${at}: ${this.#at} are written`);
    return at;
  }

  #grow(length: number): number {
    const start = this.#at;
    const wanted = start + length;
    if (wanted > this.#bytes.length) {
      const larger = new Uint8Array(Math.max(wanted, this.#bytes.length * 2));
      larger.set(this.#bytes);
      this.#bytes = larger;
    }
    this.#at = wanted;
    return start;
  }
}

const idle: Writer[] = [];

/** What `write` writes, put together in memory that is used again and again: for messages made by the thousand. Calls may be nested. */
export function written(write: (writer: Writer) => void): Uint8Array<ArrayBuffer> {
  const writer = idle.pop() ?? new Writer(KEPT_CAPACITY);
  try {
    write(writer);
    return writer.finish();
  } finally {
    writer.clear();
    idle.push(writer);
  }
}
