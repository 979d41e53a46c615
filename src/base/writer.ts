import { InvariantError } from './errors.ts';

const MAX_U64 = 0xffff_ffff_ffff_ffffn;

function checkFits(length: number, value: number, max: number): void {
  if (!Number.isInteger(value) || value < 0 || value > max) {
    throw new InvariantError(`Cannot write ${value} into ${length} bytes`);
  }
}

/** A growing byte buffer. Big-endian unless the name says `Le`. A number that does not fit its field is our own bug. */
export class Writer {
  #bytes: Uint8Array<ArrayBuffer>;
  #view: DataView;
  #at = 0;

  constructor(capacity = 256) {
    this.#bytes = new Uint8Array(capacity);
    this.#view = new DataView(this.#bytes.buffer);
  }

  /** Bytes written so far. */
  get length(): number {
    return this.#at;
  }

  u8(value: number): this {
    const at = this.#reserve(1, value, 0xff);
    this.#view.setUint8(at, value);
    return this;
  }
  u16(value: number): this {
    const at = this.#reserve(2, value, 0xffff);
    this.#view.setUint16(at, value);
    return this;
  }
  u16Le(value: number): this {
    const at = this.#reserve(2, value, 0xffff);
    this.#view.setUint16(at, value, true);
    return this;
  }
  u32(value: number): this {
    const at = this.#reserve(4, value, 0xffff_ffff);
    this.#view.setUint32(at, value);
    return this;
  }
  u32Le(value: number): this {
    const at = this.#reserve(4, value, 0xffff_ffff);
    this.#view.setUint32(at, value, true);
    return this;
  }
  u64(value: bigint): this {
    if (value < 0n || value > MAX_U64) throw new InvariantError(`Cannot write ${value} into 8 bytes`);
    const at = this.#grow(8);
    this.#view.setBigUint64(at, value);
    return this;
  }
  u64Le(value: bigint): this {
    if (value < 0n || value > MAX_U64) throw new InvariantError(`Cannot write ${value} into 8 bytes`);
    const at = this.#grow(8);
    this.#view.setBigUint64(at, value, true);
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

  /** Overwrites two bytes written earlier: for lengths known only afterwards. */
  patchU16(at: number, value: number): this {
    this.#view.setUint16(this.#written(at, value), value);
    return this;
  }
  patchU16Le(at: number, value: number): this {
    this.#view.setUint16(this.#written(at, value), value, true);
    return this;
  }

  /** A copy of what was written. */
  finish(): Uint8Array<ArrayBuffer> {
    return this.#bytes.slice(0, this.#at);
  }

  #reserve(length: number, value: number, max: number): number {
    checkFits(length, value, max);
    return this.#grow(length);
  }

  #written(at: number, value: number): number {
    checkFits(2, value, 0xffff);
    if (at < 0 || at + 2 > this.#at)
      throw new InvariantError(`Cannot overwrite 2 bytes at ${at}: ${this.#at} are written`);
    return at;
  }

  #grow(length: number): number {
    const start = this.#at;
    const wanted = start + length;
    if (wanted > this.#bytes.length) {
      const larger = new Uint8Array(Math.max(wanted, this.#bytes.length * 2));
      larger.set(this.#bytes);
      this.#bytes = larger;
      this.#view = new DataView(larger.buffer);
    }
    this.#at = wanted;
    return start;
  }
}
