import { once } from 'node:events';
import { type Socket, connect } from 'node:net';
import { connect as connectTls } from 'node:tls';

/** A client of a line protocol on 127.0.0.1 that sees octets, not meanings. */
export class LineClient {
  /** The TCP connection, whatever is put around it. */
  readonly #plain: Socket;
  #socket: Socket;
  #received = '';
  #isClosed = false;
  readonly #waiters = new Set<() => void>();

  private constructor(socket: Socket) {
    this.#plain = socket;
    this.#socket = socket;
    this.#listen();
  }

  /** `from` is another address of 127.0.0.0/8 to come from. */
  static async connect(
    port: number,
    options: { readonly tls?: boolean; readonly from?: string } = {},
  ): Promise<LineClient> {
    const from = options.from === undefined ? {} : { localAddress: options.from };
    const socket = connect({ host: '127.0.0.1', port, ...from });
    await once(socket, 'connect');
    const client = new LineClient(socket);
    if (options.tls === true) await client.startTls();
    return client;
  }

  /** Everything received so far and not taken by {@link expect}. */
  get received(): string {
    return this.#received;
  }

  get socket(): Socket {
    return this.#socket;
  }

  send(text: string | Uint8Array): void {
    this.#socket.write(typeof text === 'string' ? Buffer.from(text, 'latin1') : text);
  }

  /** Waits until `pattern` is found, takes everything up to its end and returns it. */
  async expect(pattern: RegExp): Promise<string> {
    for (;;) {
      const match = pattern.exec(this.#received);
      if (match !== null) {
        const end = match.index + match[0].length;
        const taken = this.#received.slice(0, end);
        this.#received = this.#received.slice(end);
        return taken;
      }
      if (this.#isClosed)
        throw new Error(`Cannot wait for ${pattern}: closed after ${JSON.stringify(this.#received)}`);
      await this.#news();
    }
  }

  /** Sends a line and waits for the answer. */
  async ask(line: string, pattern: RegExp): Promise<string> {
    this.send(`${line}\r\n`);
    return this.expect(pattern);
  }

  /** Everything the server sends until it closes. */
  async rest(): Promise<string> {
    while (!this.#isClosed) await this.#news();
    return this.#received;
  }

  /** Puts TLS around the connection. */
  async startTls(): Promise<void> {
    this.#plain.removeAllListeners('data');
    this.#plain.removeAllListeners('close');
    this.#received = '';
    // The peer's certificate is its own; what is under test is the conversation.
    this.#socket = connectTls({ socket: this.#plain, rejectUnauthorized: false });
    this.#listen();
    await once(this.#socket, 'secureConnect');
  }

  /** Closes orderly and waits for the end. */
  async close(): Promise<void> {
    this.#socket.end();
    this.#socket.resume();
    await this.rest();
  }

  /** Cuts the connection with a reset. */
  reset(): void {
    this.#plain.resetAndDestroy();
  }

  #listen(): void {
    const socket = this.#socket;
    socket.on('data', (chunk: Buffer) => {
      this.#received += chunk.toString('latin1');
      this.#wake();
    });
    socket.on('error', () => socket.destroy());
    socket.on('close', () => {
      this.#isClosed = true;
      this.#wake();
    });
  }

  #news(): Promise<void> {
    return new Promise((resolve) => this.#waiters.add(resolve));
  }

  #wake(): void {
    for (const waiter of this.#waiters) waiter();
    this.#waiters.clear();
  }
}
