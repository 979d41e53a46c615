import { type ForbiddenOctet, findForbiddenOctet } from './forbidden-octet.ts';

const LF = 10;
const CR = 13;

/** {@link findForbiddenOctet} over a message as it comes in: all of a large one in one go would keep everybody else waiting. */
export class ForbiddenOctetSearch {
  #found: ForbiddenOctet | undefined;
  /** A CR is the last octet so far. */
  #endsWithCr = false;

  push(chunk: Uint8Array): void {
    if (this.#found !== undefined || chunk.length === 0) return;
    if (this.#endsWithCr && chunk[0] !== LF) {
      this.#found = 'bare CR';
      return;
    }
    const start = this.#endsWithCr ? 1 : 0;
    this.#endsWithCr = chunk.at(-1) === CR;
    this.#found = findForbiddenOctet(chunk.subarray(start, chunk.length - (this.#endsWithCr ? 1 : 0)));
  }

  /** The first one of the message, when all of it has come. */
  get found(): ForbiddenOctet | undefined {
    return this.#found ?? (this.#endsWithCr ? 'bare CR' : undefined);
  }
}
