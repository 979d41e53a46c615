import { DecodeError } from './errors.ts';

/**
 * A cursor over bytes of a peer. Every read is checked: past the end it throws DecodeError with the offset
 * and field path, never returns fewer bytes. Big-endian unless the name says `Le` (little) or `Host`.
 * Offsets are counted from the start of the outermost message, also inside {@link sub}.
 */
export class Reader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #base: number;
  readonly #path: string[];
  #at = 0;

  constructor(bytes: Uint8Array, base = 0, path: string[] = []) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
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
    this.#path.push(String(name));
    try {
      return read();
    } finally {
      this.#path.pop();
    }
  }

  /** A DecodeError at the current place; the caller throws it. */
  error(message: string): DecodeError {
    return new DecodeError(message, { offset: this.#base + this.#at, path: this.#path.join('/') });
  }

  u8(): number {
    return this.#view.getUint8(this.#take(1));
  }
  u16(): number {
    return this.#view.getUint16(this.#take(2));
  }
  u16Le(): number {
    return this.#view.getUint16(this.#take(2), true);
  }
  u32(): number {
    return this.#view.getUint32(this.#take(4));
  }
  u32Le(): number {
    return this.#view.getUint32(this.#take(4), true);
  }
  u64(): bigint {
    return this.#view.getBigUint64(this.#take(8));
  }
  u64Le(): bigint {
    return this.#view.getBigUint64(this.#take(8), true);
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

  #take(length: number): number {
    if (length < 0 || length > this.remaining) {
      throw this.error(`${length} bytes wanted, ${this.remaining} left`);
    }
    const start = this.#at;
    this.#at += length;
    return start;
  }
}
