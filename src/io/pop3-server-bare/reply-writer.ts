import { dotStuffed, inBlocks } from './dot-stuffing.ts';
import type { Transport } from './transport.ts';

/** Response codes of RFC 2449 §8 and RFC 3206. */
export type ResponseCode = 'IN-USE' | 'SYS/TEMP' | 'SYS/PERM' | 'AUTH';

/** Writes replies, each large one in blocks that wait for the client to take them. */
export class ReplyWriter {
  readonly #transport: Transport;
  readonly #isOver: () => boolean;

  constructor(transport: Transport, isOver: () => boolean) {
    this.#transport = transport;
    this.#isOver = isOver;
  }

  ok(text: string): Promise<void> {
    return this.#line(`+OK ${text}`);
  }

  refuse(text: string, code?: ResponseCode): Promise<void> {
    return this.#line(code === undefined ? `-ERR ${text}` : `-ERR [${code}] ${text}`);
  }

  /** Asks for the rest of an AUTH exchange (RFC 5034 §4). */
  proceed(): Promise<void> {
    return this.#line('+ ');
  }

  /** A multi-line reply of short lines, none of which begins with a dot. */
  async list(first: string, lines: Iterable<string>): Promise<void> {
    await this.#line(`+OK ${first}`);
    await this.#blocks(inBlocks(encoded(lines)));
  }

  async message(first: string, message: Uint8Array): Promise<void> {
    await this.#line(`+OK ${first}`);
    await this.#blocks(dotStuffed(message));
  }

  #line(text: string): Promise<void> {
    // A reply is one line whatever an error message of the caller contains.
    return this.#transport.write(Buffer.from(`${text.replaceAll(/[\u0000-\u001f\u007f]/g, ' ')}\r\n`));
  }

  async #blocks(blocks: Iterable<Uint8Array>): Promise<void> {
    for (const block of blocks) {
      if (this.#isOver()) return;
      await this.#transport.write(block);
    }
  }
}

function* encoded(lines: Iterable<string>): Generator<Uint8Array> {
  for (const line of lines) yield Buffer.from(`${line}\r\n`, 'latin1');
  yield Buffer.from('.\r\n', 'latin1');
}
