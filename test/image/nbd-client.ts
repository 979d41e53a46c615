import { once } from 'node:events';
import { type Socket, connect } from 'node:net';
import { SocketBytes } from './socket-bytes.ts';

/** What a server says of its export. */
export interface NbdExport {
  readonly octets: bigint;
  readonly flags: number;
}

interface NbdCall {
  readonly type: number;
  readonly offset: number;
  readonly length: number;
  readonly data?: Buffer | undefined;
  readonly flags?: number | undefined;
}

/** An NBD client for tests of the server. Its numbers are written out from doc/proto.md, not taken from the server's table. */
export class NbdClient implements Disposable {
  readonly socket: Socket;
  readonly bytes: SocketBytes;
  #cookie = 0n;

  private constructor(socket: Socket) {
    this.socket = socket;
    this.bytes = new SocketBytes(socket);
    socket.on('error', () => {});
  }

  /** Connects and sends the client's flags. */
  static async connect(path: string, flags = 3): Promise<NbdClient> {
    const socket = connect(path);
    await once(socket, 'connect');
    const client = new NbdClient(socket);
    const greeting = await client.take(18);
    if (greeting.toString('hex') !== '4e42444d4147494349484156454f50540003')
      throw new Error(`The server greets with ${greeting.toString('hex')}`);
    socket.write(hex(flags, 4));
    return client;
  }

  /** Connects and enters transmission by NBD_OPT_GO. */
  static async open(path: string): Promise<NbdClient> {
    const client = await NbdClient.connect(path);
    const replies = await client.option(7, '000000000000');
    if (replies.at(-1)?.type !== 1) throw new Error('The server does not let the client in');
    return client;
  }

  /** Sends an option and reads its replies to the last. */
  async option(number: number, data: string): Promise<readonly { type: number; data: string }[]> {
    const content = Buffer.from(data, 'hex');
    const head = `49484156454f5054${word(number, 4)}${word(content.length, 4)}`;
    this.socket.write(Buffer.concat([Buffer.from(head, 'hex'), content]));
    const replies: { type: number; data: string }[] = [];
    for (;;) {
      const reply = await this.take(20);
      if (reply.toString('hex', 0, 8) !== '0003e889045565a9')
        throw new Error('The reply has no magic number');
      const type = reply.readUInt32BE(12);
      replies.push({ type, data: (await this.take(reply.readUInt32BE(16))).toString('hex') });
      // Only NBD_REP_SERVER and NBD_REP_INFO are followed by another.
      if (type !== 2 && type !== 3) return replies;
    }
  }

  read(offset: number, length: number): Promise<{ error: number; data: Buffer }> {
    return this.#request({ type: 0, offset, length });
  }

  async write(offset: number, data: Buffer, flags = 0): Promise<number> {
    return (await this.#request({ type: 1, offset, length: data.length, data, flags })).error;
  }

  async flush(): Promise<number> {
    return (await this.#request({ type: 3, offset: 0, length: 0 })).error;
  }

  /** A request as it is, without waiting for an answer. */
  send({ type, offset, length, data = Buffer.alloc(0), flags = 0 }: NbdCall): void {
    this.#cookie += 1n;
    const head = `25609513${word(flags, 2)}${word(type, 2)}${this.#cookie.toString(16).padStart(16, '0')}${word(offset, 8)}${word(length, 4)}`;
    this.socket.write(Buffer.concat([Buffer.from(head, 'hex'), data]));
  }

  async take(count: number): Promise<Buffer> {
    const bytes = await this.bytes.take(count);
    if (bytes === undefined) throw new Error('The server has closed the connection');
    return bytes;
  }

  [Symbol.dispose](): void {
    this.socket.destroy();
  }

  async #request(request: NbdCall): Promise<{ error: number; data: Buffer }> {
    this.send(request);
    const reply = await this.take(16);
    const wanted = `67446698${reply.toString('hex', 4, 8)}${this.#cookie.toString(16).padStart(16, '0')}`;
    if (reply.toString('hex') !== wanted) throw new Error(`The reply begins with ${reply.toString('hex')}`);
    const error = reply.readUInt32BE(4);
    const data = error === 0 && request.type === 0 ? await this.take(request.length) : Buffer.alloc(0);
    return { error, data };
  }
}

function word(value: number, octets: number): string {
  return value.toString(16).padStart(octets * 2, '0');
}

function hex(value: number, octets: number): Buffer {
  return Buffer.from(word(value, octets), 'hex');
}
