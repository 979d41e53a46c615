import { deviceIndex, openSocket } from '../../src/io/linux/ffi.ts';
import { linkAddress } from '../../src/io/linux/link-address.ts';

const AF_PACKET = 17;
const SOCK_RAW_NONBLOCK_CLOEXEC = 3 | 0o4_000 | 0o2_000_000;

/** A socket of whole Ethernet frames: what a program gives it to send leaves by the device as it is. */
export interface FrameSocket {
  readonly socket: number;
  /** The device, and the frames that are heard there if the socket is bound to it. */
  readonly address: Uint8Array;
}

export function openFrameSocket(device: string, etherType: number): FrameSocket {
  const index = deviceIndex(device);
  if (index === undefined) throw new Error(`Cannot open ${device}: there is no such device`);
  return {
    socket: openSocket(AF_PACKET, SOCK_RAW_NONBLOCK_CLOEXEC, 0),
    address: linkAddress(etherType, index),
  };
}
