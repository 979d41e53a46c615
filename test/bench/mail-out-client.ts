import { type Socket, connect } from 'node:net';
import { connect as connectTls } from 'node:tls';

const LINE_END = Buffer.from('\r\n');
const REPLY_END = Buffer.from('\r\n.\r\n');

/** A mail program that looks at nothing it gets but the ends of replies, to leave the processor to the server. */
export class MailOutClient {
  readonly #socket: Socket;
  #tail: Buffer = Buffer.alloc(0);
  #end: Buffer = LINE_END;
  #waiting: PromiseWithResolvers<void> | undefined;
  octets = 0;
  /** Milliseconds of rest after each piece that comes in. */
  rest = 0;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('data', (chunk: Buffer) => {
      this.octets += chunk.length;
      if (this.rest > 0) this.#pause();
      const tail = chunk.length >= 5 ? chunk : Buffer.concat([this.#tail, chunk]);
      this.#tail = Buffer.from(tail.subarray(-5));
      if (this.#tail.subarray(-this.#end.length).equals(this.#end)) this.#waiting?.resolve();
    });
    socket.on('error', (error) => this.#waiting?.reject(error));
    socket.on('close', () =>
      this.#waiting?.reject(new Error('Cannot wait for a reply: the server has closed')),
    );
  }

  static async connect(port: number, isTls: boolean): Promise<MailOutClient> {
    const where = { host: '127.0.0.1', port };
    const socket = isTls ? connectTls({ ...where, rejectUnauthorized: false }) : connect(where);
    const client = new MailOutClient(socket);
    await client.#reply(LINE_END);
    return client;
  }

  /** @returns milliseconds from the password to the answer */
  async login(user: string): Promise<number> {
    await this.ask(`USER ${user}`, false);
    const begun = performance.now();
    await this.ask('PASS secret', false);
    return performance.now() - begun;
  }

  async ask(command: string, isMultiLine: boolean): Promise<void> {
    const reply = this.#reply(isMultiLine ? REPLY_END : LINE_END);
    this.#socket.write(`${command}\r\n`);
    await reply;
  }

  async quit(): Promise<void> {
    const closed = new Promise((resolve) => this.#socket.once('close', resolve));
    await this.ask('QUIT', false);
    this.#socket.end();
    await closed;
  }

  #pause(): void {
    this.#socket.pause();
    setTimeout(() => this.#socket.resume(), this.rest);
  }

  async #reply(end: Buffer): Promise<void> {
    const waiting = Promise.withResolvers<void>();
    this.#tail = Buffer.alloc(0);
    this.#end = end;
    this.#waiting = waiting;
    try {
      await waiting.promise;
    } finally {
      this.#waiting = undefined;
    }
  }
}
