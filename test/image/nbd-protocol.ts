/** Numbers of the NBD protocol, doc/proto.md of NetworkBlockDevice/nbd, in its own spelling. All fields are big-endian. */
export const NBD = {
  NBDMAGIC: 0x4e42_444d_4147_4943n,
  IHAVEOPT: 0x4948_4156_454f_5054n,
  REPLY_MAGIC: 0x0003_e889_0455_65a9n,
  REQUEST_MAGIC: 0x2560_9513,
  SIMPLE_REPLY_MAGIC: 0x6744_6698,
  FLAG_FIXED_NEWSTYLE: 1,
  FLAG_NO_ZEROES: 2,
  FLAG_HAS_FLAGS: 1,
  FLAG_SEND_FLUSH: 4,
  FLAG_SEND_FUA: 8,
  OPT_EXPORT_NAME: 1,
  OPT_ABORT: 2,
  OPT_INFO: 6,
  OPT_GO: 7,
  REP_ACK: 1,
  REP_INFO: 3,
  REP_ERR_UNSUP: 0x8000_0001,
  REP_ERR_INVALID: 0x8000_0003,
  INFO_EXPORT: 0,
  INFO_BLOCK_SIZE: 3,
  CMD_READ: 0,
  CMD_WRITE: 1,
  CMD_DISC: 2,
  CMD_FLUSH: 3,
  CMD_FLAG_FUA: 1,
  EINVAL: 22,
  ENOSPC: 28,
} as const;

/** What one request may carry: the protocol's default. */
export const MAX_PAYLOAD = 32 * 2 ** 20;
/** What an option may carry: a name of 4096 bytes and some numbers. */
export const MAX_OPTION = 8192;
export const REQUEST_SIZE = 28;

export interface NbdRequest {
  readonly flags: number;
  readonly type: number;
  readonly cookie: bigint;
  readonly offset: number;
  readonly length: number;
}

/** Undefined if it is no request, or lies beyond what a number can count. */
export function decodeNbdRequest(bytes: Buffer): NbdRequest | undefined {
  const offset = bytes.readBigUInt64BE(16);
  if (bytes.readUInt32BE(0) !== NBD.REQUEST_MAGIC || offset > BigInt(Number.MAX_SAFE_INTEGER))
    return undefined;
  return {
    flags: bytes.readUInt16BE(4),
    type: bytes.readUInt16BE(6),
    cookie: bytes.readBigUInt64BE(8),
    offset: Number(offset),
    length: bytes.readUInt32BE(24),
  };
}

export function encodeNbdReply(cookie: bigint, error: number): Buffer {
  const reply = Buffer.alloc(16);
  reply.writeUInt32BE(NBD.SIMPLE_REPLY_MAGIC, 0);
  reply.writeUInt32BE(error, 4);
  reply.writeBigUInt64BE(cookie, 8);
  return reply;
}

export function encodeOptionReply(option: number, type: number, data: Buffer = Buffer.alloc(0)): Buffer {
  const head = Buffer.alloc(20);
  head.writeBigUInt64BE(NBD.REPLY_MAGIC, 0);
  head.writeUInt32BE(option, 8);
  head.writeUInt32BE(type, 12);
  head.writeUInt32BE(data.length, 16);
  return Buffer.concat([head, data]);
}
