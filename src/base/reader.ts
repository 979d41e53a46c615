import { DecodeError } from './errors.ts';

/**
 * A cursor over bytes of a peer. Every read is checked: past the end it throws DecodeError with the offset
 * and field path, never returns fewer bytes. Big-endian unless the name says `Le` (little) or `Host`.
 * Offsets are counted from the start of the outermost message, also inside {@link sub}.
 */
export class Reader {
  readonly #bytes: Uint8Array;
  readonly #base: number;
  readonly #path: (string | number)[];
  #at = 0;

  constructor(bytes: Uint8Array, base = 0, path: (string | number)[] = []) {
    this.#bytes = bytes;
    this.#base = base;
    this.#path = path;
  }

  /** Bytes not yet read. */
  get remaining(): number {
    return this.#bytes.length - this.#at;
  }

  /** Offset of the next byte within this reader's own bytes. */
  get position(): number {
    return this.#at;
  }

  /** All bytes of this reader, read or not: for back-references such as DNS name compression. */
  get whole(): Uint8Array {
    return this.#bytes;
  }

  /** Runs `read` with `name` added to the field path that errors carry. */
  within<T>(name: string | number, read: () => T): T {
    this.#path.push(name);
    try {
      return read();
    } finally {
      this.#path.pop();
    }
  }

  /** Puts another name in the place of that of the innermost {@link within}: for a sequence of fields. */
  rename(name: string | number): void {
    this.#path[this.#path.length - 1] = name;
  }

  /** A DecodeError at the current place; the caller throws it. */
  error(message: string): DecodeError {
    return new DecodeError(message, { offset: this.#base + this.#at, path: this.#path.join('/') });
  }

  u8(): number {
    return this.#byte(this.#take(1));
  }
  u16(): number {
    const at = this.#take(2);
    return (this.#byte(at) << 8) | this.#byte(at + 1);
  }
  u16Le(): number {
    const at = this.#take(2);
    return (this.#byte(at + 1) << 8) | this.#byte(at);
  }
  u32(): number {
    const at = this.#take(4);
    return this.#word(at);
  }
  u32Le(): number {
    const at = this.#take(4);
    return this.#wordLe(at);
  }
  u64(): bigint {
    const at = this.#take(8);
    return (BigInt(this.#word(at)) << 32n) | BigInt(this.#word(at + 4));
  }
  u64Le(): bigint {
    const at = this.#take(8);
    return (BigInt(this.#wordLe(at + 4)) << 32n) | BigInt(this.#wordLe(at));
  }

  /** The next `length` bytes, as a view without copy. */
  bytes(length: number): Uint8Array {
    const start = this.#take(length);
    return this.#bytes.subarray(start, start + length);
  }

  /** Everything that is left, as a view. */
  rest(): Uint8Array {
    return this.bytes(this.remaining);
  }

  skip(length: number): void {
    this.#take(length);
  }

  /** A reader over the next `length` bytes, which counts as read here. */
  sub(length: number): Reader {
    const start = this.#take(length);
    return new Reader(this.#bytes.subarray(start, start + length), this.#base + start, this.#path);
  }

  /** A reader over bytes read from this one whose meaning is known only later; its errors carry the present path. */
  over(part: Uint8Array): Reader {
    return new Reader(part, this.#base + part.byteOffset - this.#bytes.byteOffset, this.#path);
  }

  /** Throws unless everything was read: left-over bytes are an error unless the caller takes {@link rest}. */
  finish(): void {
    if (this.remaining !== 0) throw this.error(`${this.remaining} bytes left over`);
  }

  #byte(at: number): number {
    return this.#bytes[at] ?? 0;
  }

  #word(at: number): number {
    const high = (this.#byte(at) << 24) | (this.#byte(at + 1) << 16);
    return (high | (this.#byte(at + 2) << 8) | this.#byte(at + 3)) >>> 0;
  }

  #wordLe(at: number): number {
    const high = (this.#byte(at + 3) << 24) | (this.#byte(at + 2) << 16);
    return (high | (this.#byte(at + 1) << 8) | this.#byte(at)) >>> 0;
  }

  #take(length: number): number {
    if (length < 0 || length > this.remaining) {
      throw this.error(`${length} bytes wanted, ${this.remaining} left`);
    }
    const start = this.#at;
    this.#at += length;
    return start;
  }
}
