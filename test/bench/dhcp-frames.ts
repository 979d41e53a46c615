// Whole Ethernet frames of DHCP clients, made and read here by hand, not by the codec under test. A frame is a
// template of which only the fields that differ are written anew: the generator must cost less than who it measures.

const ETHERNET = 14;
const IP_AT = ETHERNET;
const UDP_AT = IP_AT + 20;
const DHCP_AT = UDP_AT + 8;
const OPTIONS_AT = DHCP_AT + 240;
const XID_AT = DHCP_AT + 4;
const CIADDR_AT = DHCP_AT + 12;
const YIADDR_AT = DHCP_AT + 16;
const CHADDR_AT = DHCP_AT + 28;
const COOKIE = 0x6382_5363;
/** BOOTP's least length (RFC 951) with the three headers. */
const FRAME_LENGTH = DHCP_AT + 300;

const MESSAGE_TYPE = 53;
const SERVER_ID = 54;
const PAD = 0;
const END = 255;
/** What perfdhcp asks for: subnet mask, broadcast address, time offset, routers, names, name servers, host name. */
const REQUEST_LIST = [55, 7, 1, 28, 2, 3, 15, 6, 12];
export const TYPE = { discover: 1, offer: 2, request: 3, ack: 5, nak: 6 } as const;

export interface MadeUpClient {
  /** Which of the made-up computers: told by its hardware address. */
  readonly index: number;
  readonly transaction: number;
}

/** The hardware address of a made-up computer. */
export function macOf(index: number): Uint8Array {
  return Uint8Array.of(
    0x02,
    0x68,
    (index >>> 24) & 255,
    (index >>> 16) & 255,
    (index >>> 8) & 255,
    index & 255,
  );
}

/** A message of one kind, ready but for who sends it. */
export class FrameTemplate {
  readonly frame = new Uint8Array(FRAME_LENGTH);
  readonly #view = new DataView(this.frame.buffer);

  constructor(type: number, options: readonly number[] = []) {
    const { frame } = this;
    frame.fill(0xff, 0, 6);
    this.#view.setUint16(12, 0x0800);
    frame.set([0x45, 0], IP_AT);
    this.#view.setUint16(IP_AT + 2, FRAME_LENGTH - IP_AT);
    frame.set([64, 17], IP_AT + 8);
    this.#addresses(0, 0xffff_ffff);
    this.#view.setUint16(UDP_AT, 68);
    this.#view.setUint16(UDP_AT + 2, 67);
    this.#view.setUint16(UDP_AT + 4, FRAME_LENGTH - UDP_AT);
    // A UDP checksum of zero says that there is none (RFC 768).
    frame.set([1, 1, 6, 0], DHCP_AT);
    this.#view.setUint32(OPTIONS_AT - 4, COOKIE);
    frame.set([MESSAGE_TYPE, 1, type, ...options, ...REQUEST_LIST, END], OPTIONS_AT);
  }

  #addresses(source: number, destination: number): void {
    const view = this.#view;
    view.setUint16(IP_AT + 10, 0);
    view.setUint32(IP_AT + 12, source);
    view.setUint32(IP_AT + 16, destination);
    let sum = 0;
    for (let at = IP_AT; at < UDP_AT; at += 2) sum += view.getUint16(at);
    while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
    view.setUint16(IP_AT + 10, ~sum & 0xffff);
  }

  /** The frame of this client; valid until the next call. */
  of({ index, transaction }: MadeUpClient): Uint8Array {
    const { frame } = this;
    const mac = macOf(index);
    frame.set(mac, 6);
    frame.set(mac, CHADDR_AT);
    this.#view.setUint32(XID_AT, transaction);
    return frame;
  }

  /** Writes an address over the value of an option given to the constructor, at `offset` within those options. */
  patchOption(offset: number, address: number): void {
    this.#view.setUint32(OPTIONS_AT + 3 + offset, address);
  }

  /** From `address`, which the client uses, straight to the server. */
  unicast(address: number, server: { readonly mac: Uint8Array; readonly address: number }): void {
    this.frame.set(server.mac, 0);
    this.#view.setUint32(CIADDR_AT, address);
    this.#addresses(address, server.address);
  }
}

export interface Answer {
  readonly type: number;
  readonly transaction: number;
  /** Address given. */
  readonly address: number;
  readonly server: number;
}

/** Reads a frame to UDP port 68; undefined if it is not whole or no DHCP message. */
export function readAnswer(frame: Uint8Array): Answer | undefined {
  if (frame.length < OPTIONS_AT) return undefined;
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
  let type = 0;
  let server = 0;
  for (let at = OPTIONS_AT; at + 2 < frame.length && frame[at] !== END;) {
    const code = frame[at];
    if (code === MESSAGE_TYPE) type = frame[at + 2] ?? 0;
    if (code === SERVER_ID && at + 6 <= frame.length) server = view.getUint32(at + 2);
    at += code === PAD ? 1 : 2 + (frame[at + 1] ?? 0);
  }
  return { type, transaction: view.getUint32(XID_AT), address: view.getUint32(YIADDR_AT), server };
}
