// Frames of an attacker, each from another made-up sender. Built by hand: one buffer, of which each frame changes a few fields.
import { FrameTemplate, TYPE } from '../bench/dhcp-frames.ts';

const ETHERNET = 14;
const IP = ETHERNET;
const TRANSPORT = IP + 20;
const TCP = 6;
const UDP = 17;
const SYN = 0x02;
const SMTP = 25;
const PAYLOAD = 18;

export const FLOODS = ['dhcp', 'syn', 'udp'] as const;
export type FloodKind = (typeof FLOODS)[number];

export interface FloodTarget {
  readonly mac: Uint8Array;
  /** As a number. */
  readonly address: number;
}

/** Gives the next frame at each call; valid until the call after. */
export function floodFrames(kind: FloodKind, target: FloodTarget): () => Uint8Array {
  if (kind === 'dhcp') {
    const discover = new FrameTemplate(TYPE.discover);
    return () => {
      const index = random32();
      return discover.of({ index, transaction: index });
    };
  }
  return kind === 'syn' ? synFrames(target) : udpFrames(target);
}

function random32(): number {
  return Math.floor(Math.random() * 2 ** 32);
}

/** A public address, so that no rule about private ones takes it: 11.0.0.0/8 to 99.0.0.0/8. */
function spoofedAddress(): number {
  return (11 + Math.floor(Math.random() * 89)) * 2 ** 24 + Math.floor(Math.random() * 2 ** 24);
}

function blank(length: number, protocol: number, { mac, address }: FloodTarget): DataView {
  const frame = new Uint8Array(length);
  const view = new DataView(frame.buffer);
  frame.set(mac);
  frame.set([0x02, 0x66, 0x66, 0x66, 0x66, 0x66, 0x08, 0x00], 6);
  view.setUint8(IP, 0x45);
  view.setUint16(IP + 2, length - IP);
  view.setUint8(IP + 8, 64);
  view.setUint8(IP + 9, protocol);
  view.setUint32(IP + 16, address);
  return view;
}

function sum(view: DataView, from: number, to: number): number {
  let total = 0;
  for (let at = from; at < to; at += 2) total += view.getUint16(at);
  return total;
}

function folded(total: number): number {
  let rest = total;
  while (rest > 0xffff) rest = (rest & 0xffff) + (rest >>> 16);
  return ~rest & 0xffff;
}

/** A new sender; with a checksum over addresses, ports and the rest. */
function fromAnother(view: DataView, protocol: number, checksumAt: number): void {
  const end = view.byteLength;
  view.setUint32(IP + 12, spoofedAddress());
  view.setUint16(IP + 10, 0);
  view.setUint16(IP + 10, folded(sum(view, IP, TRANSPORT)));
  view.setUint16(TRANSPORT, 1024 + Math.floor(Math.random() * 60_000));
  view.setUint16(checksumAt, 0);
  const pseudo = sum(view, IP + 12, TRANSPORT) + protocol + (end - TRANSPORT);
  view.setUint16(checksumAt, folded(pseudo + sum(view, TRANSPORT, end)));
}

/** Every second one for the port that is open on the WAN, the others for any. */
function synFrames(target: FloodTarget): () => Uint8Array {
  const view = blank(TRANSPORT + 20, TCP, target);
  view.setUint8(TRANSPORT + 12, 5 << 4);
  view.setUint8(TRANSPORT + 13, SYN);
  view.setUint16(TRANSPORT + 14, 64_240);
  let isOpen = false;
  return () => {
    isOpen = !isOpen;
    view.setUint16(TRANSPORT + 2, isOpen ? SMTP : 1 + Math.floor(Math.random() * 65_535));
    view.setUint32(TRANSPORT + 4, random32());
    fromAnother(view, TCP, TRANSPORT + 16);
    return new Uint8Array(view.buffer);
  };
}

function udpFrames(target: FloodTarget): () => Uint8Array {
  const view = blank(TRANSPORT + 8 + PAYLOAD, UDP, target);
  view.setUint16(TRANSPORT + 4, 8 + PAYLOAD);
  return () => {
    view.setUint16(TRANSPORT + 2, 1 + Math.floor(Math.random() * 65_535));
    fromAnother(view, UDP, TRANSPORT + 6);
    return new Uint8Array(view.buffer);
  };
}
