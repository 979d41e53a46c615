import { once } from 'node:events';
import { type Server, type Socket, createServer } from 'node:net';
import {
  MAX_OPTION,
  MAX_PAYLOAD,
  NBD,
  type NbdRequest,
  REQUEST_SIZE,
  decodeNbdRequest,
  encodeNbdReply,
  encodeOptionReply,
} from './nbd-protocol.ts';
import { type PowerCutDisk, SECTOR } from './power-cut-disk.ts';
import { SocketBytes } from './socket-bytes.ts';

const TRANSMISSION_FLAGS = NBD.FLAG_HAS_FLAGS | NBD.FLAG_SEND_FLUSH | NBD.FLAG_SEND_FUA;
const KNOWN_CLIENT_FLAGS = NBD.FLAG_FIXED_NEWSTYLE | NBD.FLAG_NO_ZEROES;

/**
 * A disk for a guest, by the NBD protocol (fixed newstyle, simple replies) on a socket of the file system, which a guest in any
 * network namespace can reach. One export, whatever name is asked for.
 */
export class NbdServer implements AsyncDisposable {
  readonly #disk: PowerCutDisk;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(disk: PowerCutDisk) {
    this.#disk = disk;
    this.#server = createServer((socket) => this.#accept(socket));
  }

  static async listen(disk: PowerCutDisk, path: string): Promise<NbdServer> {
    const server = new NbdServer(disk);
    server.#server.listen(path);
    await once(server.#server, 'listening');
    return server;
  }

  /** The guest loses its disk, and the disk its power: nothing more is written, and of what was not flushed anything may be gone. */
  cut(random: () => number): void {
    for (const socket of this.#sockets) socket.destroy();
    this.#sockets.clear();
    this.#disk.cut(random);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #accept(socket: Socket): void {
    this.#sockets.add(socket);
    socket.setNoDelay(true);
    // A guest that is killed resets its connection.
    socket.on('error', () => socket.destroy());
    socket.on('close', () => this.#sockets.delete(socket));
    void this.#serve(socket).finally(() => socket.destroy());
  }

  async #serve(socket: Socket): Promise<void> {
    const bytes = new SocketBytes(socket);
    if (await this.#negotiate(socket, bytes)) await this.#transmit(socket, bytes);
  }

  async #negotiate(socket: Socket, bytes: SocketBytes): Promise<boolean> {
    const greeting = Buffer.alloc(18);
    greeting.writeBigUInt64BE(NBD.NBDMAGIC, 0);
    greeting.writeBigUInt64BE(NBD.IHAVEOPT, 8);
    greeting.writeUInt16BE(KNOWN_CLIENT_FLAGS, 16);
    socket.write(greeting);
    const flags = (await bytes.take(4))?.readUInt32BE(0);
    if (flags === undefined || (flags & ~KNOWN_CLIENT_FLAGS) !== 0) return false;
    for (let head = await bytes.take(16); head !== undefined; head = await bytes.take(16)) {
      const length = head.readUInt32BE(12);
      if (head.readBigUInt64BE(0) !== NBD.IHAVEOPT || length > MAX_OPTION) return false;
      const data = await bytes.take(length);
      if (data === undefined) return false;
      const option = head.readUInt32BE(8);
      if (option === NBD.OPT_EXPORT_NAME) {
        socket.write(this.#exportReply((flags & NBD.FLAG_NO_ZEROES) === 0));
        return true;
      }
      if (this.#answerOption(socket, option, data)) return true;
      if (option === NBD.OPT_ABORT) return false;
    }
    return false;
  }

  /** True if transmission begins. */
  #answerOption(socket: Socket, option: number, data: Buffer): boolean {
    const reply = (type: number, content?: Buffer): unknown =>
      socket.write(encodeOptionReply(option, type, content));
    if (option === NBD.OPT_ABORT) reply(NBD.REP_ACK);
    else if (option !== NBD.OPT_GO && option !== NBD.OPT_INFO) reply(NBD.REP_ERR_UNSUP);
    else if (data.length < 6 || data.readUInt32BE(0) > data.length - 6) reply(NBD.REP_ERR_INVALID);
    else {
      reply(NBD.REP_INFO, this.#exportInfo());
      reply(NBD.REP_INFO, blockSizeInfo());
      reply(NBD.REP_ACK);
      return option === NBD.OPT_GO;
    }
    return false;
  }

  #exportInfo(): Buffer {
    const info = Buffer.alloc(12);
    info.writeUInt16BE(NBD.INFO_EXPORT, 0);
    info.writeBigUInt64BE(BigInt(this.#disk.octets), 2);
    info.writeUInt16BE(TRANSMISSION_FLAGS, 10);
    return info;
  }

  #exportReply(zeroes: boolean): Buffer {
    return Buffer.concat([this.#exportInfo().subarray(2), Buffer.alloc(zeroes ? 124 : 0)]);
  }

  async #transmit(socket: Socket, bytes: SocketBytes): Promise<void> {
    for (
      let head = await bytes.take(REQUEST_SIZE);
      head !== undefined;
      head = await bytes.take(REQUEST_SIZE)
    ) {
      const request = decodeNbdRequest(head);
      if (request === undefined || request.type === NBD.CMD_DISC || request.length > MAX_PAYLOAD) return;
      const data = request.type === NBD.CMD_WRITE ? await bytes.take(request.length) : Buffer.alloc(0);
      // What was acknowledged before a cut is in the hands of the disk; nothing may reach it afterwards.
      if (data === undefined || socket.destroyed) return;
      const error = this.#refusal(request);
      const answer = error === 0 ? this.#carryOut(request, data) : Buffer.alloc(0);
      socket.write(Buffer.concat([encodeNbdReply(request.cookie, error), answer]));
    }
  }

  #refusal({ type, offset, length }: NbdRequest): number {
    if (type === NBD.CMD_FLUSH) return 0;
    if (type !== NBD.CMD_READ && type !== NBD.CMD_WRITE) return NBD.EINVAL;
    if (offset % SECTOR !== 0 || length % SECTOR !== 0) return NBD.EINVAL;
    if (offset + length <= this.#disk.octets) return 0;
    return type === NBD.CMD_WRITE ? NBD.ENOSPC : NBD.EINVAL;
  }

  #carryOut({ type, flags, offset, length }: NbdRequest, data: Buffer): Buffer {
    if (type === NBD.CMD_READ) return this.#disk.read(offset, length);
    if (type === NBD.CMD_FLUSH) this.#disk.flush();
    else if ((flags & NBD.CMD_FLAG_FUA) !== 0) this.#disk.writeThrough(offset, data);
    else this.#disk.write(offset, data);
    return Buffer.alloc(0);
  }
}

/** Least, preferred and largest size of a request. */
function blockSizeInfo(): Buffer {
  const info = Buffer.alloc(14);
  info.writeUInt16BE(NBD.INFO_BLOCK_SIZE, 0);
  info.writeUInt32BE(SECTOR, 2);
  info.writeUInt32BE(4096, 6);
  info.writeUInt32BE(MAX_PAYLOAD, 10);
  return info;
}
