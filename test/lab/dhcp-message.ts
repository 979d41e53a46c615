import { isIP } from 'node:net';

// A client's messages from RFC 2131 §2 and RFC 2132, built and read here by hand, not by the codec under test.
const COOKIE = 0x63825363;
const HEADER_LENGTH = 236;
const BROADCAST_FLAG = 0x8000;
const END = 255;
const PAD = 0;

export const OPTION = { requestedAddress: 50, messageType: 53, serverIdentifier: 54 } as const;
export const TYPE = { discover: 1, offer: 2, request: 3, ack: 5, nak: 6 } as const;

export interface DhcpReply {
  readonly transaction: number;
  readonly type: number;
  readonly address: string;
  readonly server: string;
}

export interface DhcpAsk {
  readonly transaction: number;
  readonly mac: Buffer;
  readonly type: number;
  /** With a REQUEST: what was offered, and by whom. */
  readonly offer?: { readonly address: string; readonly server: string };
}

export function buildDhcpAsk({ transaction, mac, type, offer }: DhcpAsk): Buffer {
  const header = Buffer.alloc(HEADER_LENGTH);
  header.set([1, 1, 6, 0]);
  header.writeUInt32BE(transaction, 4);
  header.writeUInt16BE(BROADCAST_FLAG, 10);
  mac.copy(header, 28);
  const cookie = Buffer.alloc(4);
  cookie.writeUInt32BE(COOKIE);
  const choice =
    offer === undefined
      ? []
      : [
          OPTION.requestedAddress,
          4,
          ...octetsOf(offer.address),
          OPTION.serverIdentifier,
          4,
          ...octetsOf(offer.server),
        ];
  return Buffer.concat([header, cookie, Buffer.from([OPTION.messageType, 1, type, ...choice, END])]);
}

export function readDhcpReply(message: Buffer): DhcpReply {
  const options = new Map<number, Buffer>();
  for (let at = HEADER_LENGTH + 4; at < message.length && message[at] !== END;) {
    const code = message[at] ?? END;
    const length = code === PAD ? -1 : (message[at + 1] ?? 0);
    options.set(code, message.subarray(at + 2, at + 2 + length));
    at += 2 + length;
  }
  return {
    transaction: message.readUInt32BE(4),
    type: options.get(OPTION.messageType)?.[0] ?? 0,
    address: message.subarray(16, 20).join('.'),
    server: options.get(OPTION.serverIdentifier)?.join('.') ?? '',
  };
}

function octetsOf(address: string): number[] {
  if (isIP(address) !== 4) throw new Error(`Cannot ask for "${address}": not an IPv4 address`);
  return address.split('.').map(Number);
}
