import { concatBytes } from '../../base/bytes.ts';
import { UserError } from '../../base/errors.ts';

/** Takes exact pieces from the front of a stream of arbitrary chunks. */
export class UpdateStream {
  readonly #chunks: AsyncIterator<Uint8Array>;
  #held: Uint8Array = new Uint8Array();

  constructor(chunks: AsyncIterable<Uint8Array>) {
    this.#chunks = chunks[Symbol.asyncIterator]();
  }

  /** The next `length` octets. @throws UserError if the file ends before */
  async take(length: number): Promise<Uint8Array> {
    const parts: Uint8Array[] = [];
    let missing = length;
    while (missing > 0) {
      const chunk = this.#held.length > 0 ? this.#held : await this.#next();
      if (chunk === undefined)
        throw new UserError(
          'Cannot update: the file ends too early, it is not complete; copy or download it again',
        );
      parts.push(chunk.subarray(0, missing));
      this.#held = chunk.subarray(Math.min(missing, chunk.length));
      missing -= Math.min(missing, chunk.length);
    }
    return concatBytes(parts);
  }

  /** Everything that was not taken. */
  async *rest(): AsyncGenerator<Uint8Array> {
    if (this.#held.length > 0) yield this.#held;
    this.#held = new Uint8Array();
    for (let chunk = await this.#next(); chunk !== undefined; chunk = await this.#next()) yield chunk;
  }

  async #next(): Promise<Uint8Array | undefined> {
    const { done, value } = await this.#chunks.next();
    return done === true ? undefined : value;
  }
}
