import { BLOCK_SIZE, DotStuffer, blocksOf } from './dot-stuffing.ts';
import type { Transport } from './transport.ts';

/** Response codes of RFC 2449 §8 and RFC 3206. */
export type ResponseCode = 'IN-USE' | 'LOGIN-DELAY' | 'SYS/TEMP' | 'SYS/PERM' | 'AUTH';

/** A message in any number of pieces. */
export type Content = Uint8Array | AsyncIterable<Uint8Array> | Iterable<Uint8Array>;

/** Octets of short lines that are sent at a time. */
const LIST_BLOCK = 16_384;

export interface ReplyWriterPorts {
  readonly isOver: () => boolean;
  /** Whether another command waits already, whose reply may go out together with this one. */
  readonly isMoreComing: () => boolean;
}

/** Writes replies, each large one in blocks that wait for the client to take them. */
export class ReplyWriter {
  readonly #transport: Transport;
  readonly #ports: ReplyWriterPorts;

  constructor(transport: Transport, ports: ReplyWriterPorts) {
    this.#transport = transport;
    this.#ports = ports;
  }

  ok(text: string): Promise<undefined> {
    return this.#write(line(`+OK ${text}`));
  }

  refuse(text: string, code?: ResponseCode): Promise<undefined> {
    return this.#write(line(code === undefined ? `-ERR ${text}` : `-ERR [${code}] ${text}`));
  }

  /** Asks for the rest of an AUTH exchange (RFC 5034 §4). */
  proceed(): Promise<undefined> {
    return this.#transport.write(line('+ '));
  }

  /** A multi-line reply of short lines, none of which begins with a dot. */
  async list(first: string, lines: Iterable<string>): Promise<undefined> {
    let text = `+OK ${oneLine(first)}\r\n`;
    for (const each of lines) {
      text += `${each}\r\n`;
      if (text.length < LIST_BLOCK) continue;
      await this.#transport.write(Buffer.from(text));
      if (this.#ports.isOver()) return undefined;
      text = '';
    }
    return this.#write(Buffer.from(`${text}.\r\n`));
  }

  /** The first line goes out with the beginning of the message: a short message is one packet, and one record of TLS. */
  async message(first: string, content: Content): Promise<undefined> {
    const stuffer = new DotStuffer();
    const head = line(`+OK ${first}`);
    if (content instanceof Uint8Array && content.length <= BLOCK_SIZE)
      return this.#write(Buffer.concat([head, stuffer.push(content), stuffer.end()]));
    await this.#transport.write(head);
    for await (const piece of content instanceof Uint8Array ? [content] : content) {
      for (const block of blocksOf(piece)) {
        await this.#transport.write(stuffer.push(block));
        if (this.#ports.isOver()) return undefined;
      }
    }
    return this.#write(stuffer.end());
  }

  /** The end of a reply. */
  #write(bytes: Uint8Array): Promise<undefined> {
    return this.#transport.write(bytes, this.#ports.isMoreComing());
  }
}

/** A reply is one line whatever an error message of the caller contains. */
function oneLine(text: string): string {
  return text.replaceAll(/[\u0000-\u001f\u007f]/g, ' ');
}

function line(text: string): Buffer {
  return Buffer.from(`${oneLine(text)}\r\n`);
}
