import { once } from 'node:events';
import { type Socket, connect } from 'node:net';

/** One command line without its end, as it goes out. */
export type CommandLine = Buffer;

export interface Reply {
  /** `+OK ...`, `-ERR ...` or `+ ...`, without the line end. */
  readonly line: string;
  /** What stood between the first line and the end of a multi-line reply, as it came, dots and all. */
  readonly payload: Buffer | undefined;
}

/** What one server answered to a script. */
export interface Answers {
  readonly greeting: string;
  /** One for each command that was answered. */
  readonly replies: readonly Reply[];
  /** Whether the server closed the connection before or at the end of the script. */
  readonly isClosed: boolean;
  /** Octets that are no part of any reply. */
  readonly rest: Buffer;
}

export interface Script {
  readonly commands: readonly CommandLine[];
  /** Waits for each reply before the next command, or sends all at once in pieces of these sizes (the last one repeats). */
  readonly pace: 'lockstep' | readonly number[];
}

const TERMINATOR = Buffer.from('.\r\n');
const LINE_AND_TERMINATOR = Buffer.from('\r\n.\r\n');

/** Runs a script against a server on 127.0.0.1, then hangs up if the server did not. */
export async function converse(port: number, { commands, pace }: Script): Promise<Answers> {
  const socket = connect({ host: '127.0.0.1', port });
  await once(socket, 'connect');
  const reader = new ReplyReader(socket);
  const greeting = (await reader.line()) ?? '';
  if (pace !== 'lockstep') void sendPieces(socket, Buffer.concat(commands.map(withEnd)), pace);
  const replies: Reply[] = [];
  for (const command of commands) {
    if (pace === 'lockstep') socket.write(withEnd(command));
    const reply = await reader.reply(command);
    if (reply === undefined) break;
    replies.push(reply);
  }
  const isClosed = replies.length < commands.length || /^QUIT\b/i.test(commands.at(-1)?.toString() ?? '');
  if (isClosed) await reader.closed();
  socket.destroy();
  return { greeting, replies, isClosed, rest: reader.rest };
}

function withEnd(command: CommandLine): Buffer {
  return Buffer.concat([command, Buffer.from('\r\n')]);
}

async function sendPieces(socket: Socket, bytes: Buffer, sizes: readonly number[]): Promise<void> {
  for (let at = 0, index = 0; at < bytes.length && !socket.destroyed; index++) {
    const size = sizes[Math.min(index, sizes.length - 1)] ?? bytes.length;
    socket.write(bytes.subarray(at, at + size));
    at += size;
    await new Promise(setImmediate);
  }
}

/** Which replies go on until a line with a dot, by the command and the first line. */
function isMultiLine(command: string, line: string): boolean {
  if (!line.startsWith('+OK')) return false;
  const [verb = '', ...words] = command.trim().toUpperCase().split(/ +/);
  switch (verb) {
    case 'CAPA':
    case 'RETR':
    case 'TOP':
      return true;
    case 'AUTH':
    case 'LANG':
      return words.length === 0;
    case 'LIST':
    case 'UIDL':
      return words.length === 0 || !/^\+OK \d+ \S+$/.test(line);
    default:
      return false;
  }
}

class ReplyReader {
  readonly #socket: Socket;
  #received: Buffer = Buffer.alloc(0);
  #isClosed = false;
  #news = Promise.withResolvers<void>();

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('data', (chunk: Buffer) => {
      this.#received = this.#received.length === 0 ? chunk : Buffer.concat([this.#received, chunk]);
      this.#wake();
    });
    socket.on('error', () => socket.destroy());
    socket.on('close', () => {
      this.#isClosed = true;
      this.#wake();
    });
  }

  get rest(): Buffer {
    return this.#received;
  }

  async line(): Promise<string | undefined> {
    const bytes = await this.#through(() => {
      const end = this.#received.indexOf('\r\n');
      return end < 0 ? undefined : end + 2;
    });
    return bytes?.subarray(0, -2).toString('latin1');
  }

  async reply(command: CommandLine): Promise<Reply | undefined> {
    const line = await this.line();
    if (line === undefined) return undefined;
    if (!isMultiLine(command.toString('latin1'), line)) return { line, payload: undefined };
    const payload = await this.#through(() => {
      if (this.#received.subarray(0, 3).equals(TERMINATOR)) return 3;
      const end = this.#received.indexOf(LINE_AND_TERMINATOR);
      return end < 0 ? undefined : end + 5;
    });
    return payload === undefined ? undefined : { line, payload: payload.subarray(0, -3) };
  }

  async closed(): Promise<void> {
    this.#socket.end();
    while (!this.#isClosed) await this.#news.promise;
  }

  /** Waits until `end` finds one, and takes the octets before it; undefined if the connection closes first. */
  async #through(end: () => number | undefined): Promise<Buffer | undefined> {
    for (;;) {
      const length = end();
      if (length !== undefined) {
        const taken = this.#received.subarray(0, length);
        this.#received = this.#received.subarray(length);
        return taken;
      }
      if (this.#isClosed) return undefined;
      await this.#news.promise;
    }
  }

  #wake(): void {
    this.#news.resolve();
    this.#news = Promise.withResolvers<void>();
  }
}
