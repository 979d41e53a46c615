import type { Socket } from 'node:net';

/** What comes over a socket, in the pieces that a protocol asks for. */
export class SocketBytes {
  readonly #chunks: AsyncIterator<Buffer>;
  #rest: Buffer = Buffer.alloc(0);

  constructor(socket: Socket) {
    this.#chunks = (socket as AsyncIterable<Buffer>)[Symbol.asyncIterator]();
  }

  /** Undefined if the peer has gone before that many have come. */
  async take(count: number): Promise<Buffer | undefined> {
    const parts = [this.#rest];
    let length = this.#rest.length;
    while (length < count) {
      const { value, done } = await this.#next();
      if (done === true) return undefined;
      parts.push(value);
      length += value.length;
    }
    const bytes = parts.length === 1 ? this.#rest : Buffer.concat(parts);
    this.#rest = bytes.subarray(count);
    return bytes.subarray(0, count);
  }

  async #next(): Promise<IteratorResult<Buffer, undefined>> {
    try {
      return (await this.#chunks.next()) as IteratorResult<Buffer, undefined>;
    } catch {
      return { value: undefined, done: true };
    }
  }
}
