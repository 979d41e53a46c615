import { concatBytes } from '../../base/bytes.ts';
import { InvariantError } from '../../base/errors.ts';
import { LARGEST_MESSAGE } from './constants.ts';

/** A message as sent over TCP: its length in two octets, then itself (RFC 1035 section 4.2.2). One array, so that it goes out in one segment (RFC 7766 section 8). */
export function frameMessage(message: Uint8Array): Uint8Array<ArrayBuffer> {
  if (message.length > LARGEST_MESSAGE)
    throw new InvariantError(`Cannot frame a message of ${message.length} octets`);
  return concatBytes([Uint8Array.of(message.length >>> 8, message.length & 255), message]);
}

/** Cuts a TCP stream into messages. Holds at most one incomplete message, so never more than 65537 octets and the last chunk. */
export class FrameSplitter {
  #held: Uint8Array = new Uint8Array(0);

  /** Whether a message has begun and not ended. */
  get isWithinMessage(): boolean {
    return this.#held.length > 0;
  }

  /** The messages that are complete with this chunk, in order. */
  push(chunk: Uint8Array): Uint8Array[] {
    const bytes = this.#held.length === 0 ? chunk : concatBytes([this.#held, chunk]);
    const messages: Uint8Array[] = [];
    let at = 0;
    for (;;) {
      const [high, low] = bytes.subarray(at, at + 2);
      if (high === undefined || low === undefined) break;
      const end = at + 2 + high * 256 + low;
      if (end > bytes.length) break;
      messages.push(bytes.slice(at + 2, end));
      at = end;
    }
    this.#held = bytes.slice(at);
    return messages;
  }
}
