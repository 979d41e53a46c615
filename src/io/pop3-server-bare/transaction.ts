import { type Command, parseNumbers } from './command.ts';
import { topEnd } from './dot-stuffing.ts';
import { MessageList } from './message-list.ts';
import type { Pop3Maildrop, Pop3Message } from './options.ts';
import type { ReplyWriter } from './reply-writer.ts';

/** A refusal for a command that cannot be obeyed as it stands; it counts as a bad command. */
type Refusal = string | undefined;

const NO_SUCH_MESSAGE = 'No such message';

/** The TRANSACTION state of a session (RFC 1939 §5): one opened maildrop. */
export class Transaction {
  readonly #maildrop: Pop3Maildrop;
  readonly #list: MessageList;
  readonly #reply: ReplyWriter;
  readonly #onError: (error: unknown) => void;

  constructor(maildrop: Pop3Maildrop, reply: ReplyWriter, onError: (error: unknown) => void) {
    this.#maildrop = maildrop;
    this.#list = new MessageList(maildrop.messages);
    this.#reply = reply;
    this.#onError = onError;
  }

  /** `3 messages (4711 octets)`: for the reply to the login. */
  summary(): string {
    const { count, octets } = this.#list.totals();
    return `${count} ${count === 1 ? 'message' : 'messages'} (${octets} octets)`;
  }

  async obey(command: Command): Promise<Refusal> {
    switch (command.verb) {
      case 'STAT':
        return this.#plain(command, () => this.#stat());
      case 'NOOP':
        return this.#plain(command, () => this.#reply.ok('Nothing done'));
      case 'RSET':
        return this.#plain(command, () => this.#reset());
      case 'LIST':
        return this.#scan(command, (message) => String(message.size));
      case 'UIDL':
        return this.#scan(command, (message) => message.uid);
      case 'DELE':
        return this.#ofMessage(command, (number, message) => this.#delete(number, message));
      case 'RETR':
        return this.#ofMessage(command, (number, message) => this.#retrieve(number, message));
      case 'TOP':
        return this.#top(command);
      default:
        return `Cannot obey ${command.verb} here: there is no such command after the login`;
    }
  }

  /** The UPDATE state (RFC 1939 §6): removes what was marked. @throws what the maildrop throws */
  async commit(): Promise<number> {
    const deleted = this.#list.deleted;
    if (deleted.length > 0) await this.#maildrop.remove(deleted);
    return deleted.length;
  }

  close(): void {
    this.#maildrop.close();
  }

  async #plain(command: Command, act: () => Promise<void>): Promise<Refusal> {
    if (parseNumbers(command.rest, 0, 0) === undefined) return `Usage: ${command.verb}`;
    await act();
    return undefined;
  }

  async #ofMessage(
    command: Command,
    act: (number: number, message: Pop3Message) => Promise<void>,
  ): Promise<Refusal> {
    const number = parseNumbers(command.rest, 1, 1)?.[0];
    if (number === undefined) return `Usage: ${command.verb} number`;
    const message = this.#list.at(number);
    await (message === undefined ? this.#reply.refuse(NO_SUCH_MESSAGE) : act(number, message));
    return undefined;
  }

  #stat(): Promise<void> {
    const { count, octets } = this.#list.totals();
    return this.#reply.ok(`${count} ${octets}`);
  }

  #reset(): Promise<void> {
    this.#list.unmarkAll();
    return this.#reply.ok(this.summary());
  }

  #delete(number: number, message: Pop3Message): Promise<void> {
    this.#list.markDeleted(message);
    return this.#reply.ok(`Message ${number} will be deleted`);
  }

  async #scan(command: Command, value: (message: Pop3Message) => string): Promise<Refusal> {
    const numbers = parseNumbers(command.rest, 0, 1);
    if (numbers === undefined) return `Usage: ${command.verb} [number]`;
    const [number] = numbers;
    if (number !== undefined) {
      const message = this.#list.at(number);
      await (message === undefined
        ? this.#reply.refuse(NO_SUCH_MESSAGE)
        : this.#reply.ok(`${number} ${value(message)}`));
      return undefined;
    }
    const lines = [...this.#list.numbered()].map(([number, message]) => `${number} ${value(message)}`);
    await this.#reply.list(this.summary(), lines);
    return undefined;
  }

  async #top(command: Command): Promise<Refusal> {
    const numbers = parseNumbers(command.rest, 2, 2);
    const [number, lines] = numbers ?? [];
    if (number === undefined || lines === undefined) return 'Usage: TOP number lines';
    const message = this.#list.at(number);
    const content = message === undefined ? undefined : await this.#read(number, message);
    if (message === undefined) await this.#reply.refuse(NO_SUCH_MESSAGE);
    if (content !== undefined)
      await this.#reply.message('Top follows', content.subarray(0, topEnd(content, lines)));
    return undefined;
  }

  async #retrieve(number: number, message: Pop3Message): Promise<void> {
    const content = await this.#read(number, message);
    if (content !== undefined) await this.#reply.message(`${message.size} octets`, content);
  }

  async #read(number: number, message: Pop3Message): Promise<Uint8Array | undefined> {
    try {
      return await this.#maildrop.read(message);
    } catch (error) {
      this.#onError(error);
      await this.#reply.refuse(`Message ${number} cannot be read now`, 'SYS/TEMP');
      return undefined;
    }
  }
}
