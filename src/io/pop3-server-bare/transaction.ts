import { type Command, parseNumbers } from './command.ts';
import { begun } from './begun.ts';
import { Pop3Failure } from './failure.ts';
import type { HeldOctets } from './held-octets.ts';
import { MessageList } from './message-list.ts';
import type { Pop3Maildrop, Pop3Message, Pop3Outcome } from './options.ts';
import type { Content, ReplyWriter } from './reply-writer.ts';
import { piecesWithAsciiHeader, withAsciiHeader } from './surrogate.ts';
import type { Pop3Texts } from './texts.ts';
import { TopLines } from './top-lines.ts';

/** A refusal for a command that cannot be obeyed as it stands; it counts as a bad command. */
export type Refusal = string | undefined;

/** What the client has chosen. */
export interface SessionMode {
  utf8: boolean;
  texts: Pop3Texts;
}

export interface TransactionPorts {
  readonly maildrop: Pop3Maildrop;
  readonly reply: ReplyWriter;
  readonly mode: SessionMode;
  readonly held: HeldOctets;
  readonly onError: (error: unknown) => void;
}

interface Wanted {
  readonly part: 'whole' | 'top';
  /** The first line of the reply and what follows it. */
  readonly shape: (content: Content) => readonly [string, Content];
}

function isUsableUid(uid: string): boolean {
  return /^[!-~]{1,70}$/.test(uid);
}

/** The TRANSACTION state of a session (RFC 1939 §5): one opened maildrop. */
export class Transaction {
  readonly #ports: TransactionPorts;
  readonly #list: MessageList;
  #isListable: boolean | undefined;

  constructor(ports: TransactionPorts) {
    this.#ports = ports;
    this.#list = new MessageList(ports.maildrop.messages);
  }

  /** For the reply to the login. */
  summary(): string {
    const { count, octets } = this.#list.totals();
    return this.#texts.summary(count, octets);
  }

  /** What is to be done at QUIT (RFC 1939 §6). */
  outcome(): Pop3Outcome {
    return this.#list.outcome();
  }

  // This and what it calls hand promises on instead of awaiting them: it is run for every message of a mailbox.
  obey(command: Command): Promise<Refusal> | Refusal {
    switch (command.verb) {
      case 'STAT':
        return this.#plain(command, () => this.#stat());
      case 'NOOP':
        return this.#plain(command, () => this.#ports.reply.ok(this.#texts.nothingDone));
      case 'RSET':
        return this.#plain(command, () => this.#reset());
      case 'LIST':
        return this.#scan(command, (message) => String(message.size));
      case 'UIDL':
        return this.#hasUsableUids() ? this.#scan(command, ({ uid }) => uid) : this.#refuseUids();
      case 'DELE':
        return this.#ofMessage(command, (number, message) => this.#delete(number, message));
      case 'RETR':
        return this.#ofMessage(command, (number, message) => this.#retrieve(number, message));
      case 'TOP':
        return this.#top(command);
      default:
        return this.#texts.notAfterLogin(command.verb);
    }
  }

  get #texts(): Pop3Texts {
    return this.#ports.mode.texts;
  }

  #plain(command: Command, act: () => Promise<undefined>): Promise<undefined> | string {
    return parseNumbers(command.rest, 0, 0) === undefined ? this.#texts.usage(command.verb) : act();
  }

  #ofMessage(
    command: Command,
    act: (number: number, message: Pop3Message) => Promise<undefined>,
  ): Promise<undefined> | string {
    const number = parseNumbers(command.rest, 1, 1)?.[0];
    if (number === undefined) return this.#texts.usage(`${command.verb} number`);
    const message = this.#list.at(number);
    return message === undefined ? this.#noSuchMessage() : act(number, message);
  }

  #noSuchMessage(): Promise<undefined> {
    return this.#ports.reply.refuse(this.#texts.noSuchMessage);
  }

  #stat(): Promise<undefined> {
    const { count, octets } = this.#list.totals();
    return this.#ports.reply.ok(`${count} ${octets}`);
  }

  #reset(): Promise<undefined> {
    this.#list.unmarkAll();
    return this.#ports.reply.ok(this.summary());
  }

  #delete(number: number, message: Pop3Message): Promise<undefined> {
    this.#list.markDeleted(message);
    return this.#ports.reply.ok(this.#texts.marked(number));
  }

  #scan(command: Command, value: (message: Pop3Message) => string): Promise<undefined> | string {
    const numbers = parseNumbers(command.rest, 0, 1);
    if (numbers === undefined) return this.#texts.usage(`${command.verb} [number]`);
    const { reply } = this.#ports;
    const [number] = numbers;
    if (number === undefined) return reply.list(this.summary(), this.#lines(value));
    const message = this.#list.at(number);
    return message === undefined ? this.#noSuchMessage() : reply.ok(`${number} ${value(message)}`);
  }

  *#lines(value: (message: Pop3Message) => string): Generator<string> {
    for (const [number, message] of this.#list.numbered()) yield `${number} ${value(message)}`;
  }

  /** Looked at when they are first asked for: a maildrop may make them only then. */
  #hasUsableUids(): boolean {
    return (this.#isListable ??= this.#ports.maildrop.messages.every(({ uid }) => isUsableUid(uid)));
  }

  #refuseUids(): Promise<undefined> {
    const { onError, reply } = this.#ports;
    onError(new Error('Cannot list a maildrop: a UID is not 1 to 70 printable characters (RFC 1939 §7)'));
    return reply.refuse(this.#texts.damagedMaildrop, 'SYS/PERM');
  }

  #top(command: Command): Promise<undefined> | string {
    const [number, lines] = parseNumbers(command.rest, 2, 2) ?? [];
    if (number === undefined || lines === undefined) return this.#texts.usage('TOP number lines');
    const message = this.#list.at(number);
    if (message === undefined) return this.#noSuchMessage();
    return this.#send(number, message, {
      part: 'top',
      shape: (content) => [this.#texts.topFollows, topOf(content, lines)],
    });
  }

  #retrieve(number: number, message: Pop3Message): Promise<undefined> {
    return this.#send(number, message, {
      part: 'whole',
      shape: (content) => {
        this.#list.markRetrieved(message);
        return [this.#texts.octets(message.size), content];
      },
    });
  }

  /** What is in memory as a whole counts against what all sessions may hold, from before it is read until the client has taken it. */
  async #send(number: number, message: Pop3Message, { part, shape }: Wanted): Promise<undefined> {
    const { held, reply } = this.#ports;
    let octets = message.size;
    const room = held.take(octets);
    if (room !== undefined) await room;
    try {
      const content = await this.#read(number, message, part);
      if (content === undefined) return undefined;
      if (!(content instanceof Uint8Array)) {
        held.give(octets);
        octets = 0;
      }
      return await reply.message(...shape(content));
    } finally {
      held.give(octets);
    }
  }

  async #read(number: number, message: Pop3Message, part: Wanted['part']): Promise<Content | undefined> {
    const { maildrop, reply, mode, onError } = this.#ports;
    try {
      const content = await maildrop.read(message, part);
      if (content instanceof Uint8Array) return mode.utf8 ? content : withAsciiHeader(content);
      return await begun(mode.utf8 ? content : piecesWithAsciiHeader(content));
    } catch (error) {
      onError(error);
      const isKnown = error instanceof Pop3Failure;
      const text = isKnown ? error.message : this.#texts.cannotRead(number);
      await reply.refuse(text, isKnown ? error.code : 'SYS/TEMP');
      return undefined;
    }
  }
}

function topOf(content: Content, lines: number): Content {
  if (content instanceof Uint8Array) return content.subarray(0, new TopLines(lines).take(content));
  return topPieces(content, lines);
}

async function* topPieces(
  content: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  lines: number,
): AsyncGenerator<Uint8Array> {
  const top = new TopLines(lines);
  for await (const piece of content) {
    yield piece.subarray(0, top.take(piece));
    if (top.isDone) return;
  }
}
