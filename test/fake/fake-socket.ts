import { Duplex } from 'node:stream';

/** The server's end of a connection without a network: what the test says comes in, what the server says is kept. */
export class FakeSocket extends Duplex {
  readonly remoteAddress: string;
  readonly remotePort = 40_000;
  readonly localAddress = '192.0.2.1';
  readonly localPort = 25;
  bytesRead = 0;
  readonly #said: Buffer[] = [];

  constructor(remoteAddress: string) {
    super({ allowHalfOpen: false });
    this.remoteAddress = remoteAddress;
  }

  get readyState(): string {
    if (this.destroyed) return 'closed';
    return this.writable ? 'open' : 'readOnly';
  }

  /** Everything the server has said, a character an octet. */
  get said(): string {
    return Buffer.concat(this.#said).toString('latin1');
  }

  /** The client says something. */
  hear(bytes: Uint8Array): void {
    this.bytesRead += bytes.length;
    if (!this.destroyed && !this.readableEnded) this.push(bytes);
  }

  /** The client has said everything. */
  hangUp(): void {
    if (!this.destroyed && !this.readableEnded) this.push(null);
  }

  setTimeout(): this {
    return this;
  }
  setNoDelay(): this {
    return this;
  }
  setKeepAlive(): this {
    return this;
  }
  destroySoon(): void {
    if (this.writable) this.end();
    if (this.writableFinished) this.destroy();
    else this.once('finish', () => this.destroy());
  }

  override _read(): void {}

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.#said.push(Buffer.from(chunk));
    done();
  }

  override _final(done: () => void): void {
    done();
    // A client that reads sees the end, and goes.
    this.hangUp();
  }
}
