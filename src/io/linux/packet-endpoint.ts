import { KernelError } from '../../base/errors.ts';
import { MAC_LENGTH } from '../../base/mac.ts';
import type { PacketFilter } from '../../port/packet.ts';
import {
  type MessageReceiver,
  type ReceivedMessage,
  attachFilter,
  bindSocket,
  closeFile,
  deviceIndex,
  openSocket,
  setSocketOption,
  socketAddress,
  takeSocketError,
} from './ffi.ts';
import { LINK_ADDRESS, linkAddress } from './link-address.ts';
import type { PacketView } from './packet-batch.ts';
import { packetFilterProgram } from './packet-filter.ts';
import { AF_PACKET, SOL_SOCKET, SO_RCVBUFFORCE, SO_SNDBUFFORCE } from './socket-constants.ts';

// linux/if_packet.h and linux/net.h
const SOCK_DGRAM_NONBLOCK_CLOEXEC = 2 | 0o4_000 | 0o2_000_000;
const SOL_PACKET = 263;
const PACKET_AUXDATA = 8;
const TP_STATUS_CSUMNOTREADY = 1 << 3;
const PACKET_BROADCAST = 1;

const CMSG_HEADER = 16;

const BROADCAST_ADDRESS = new Uint8Array(MAC_LENGTH).fill(0xff);

/**
 * Room for the requests of a whole office that is switched on at once; what is beyond it, the kernel drops. And for the answers to
 * all whose leases were synced together: they go out at once, and the kernel's default held 166 of them.
 */
const RECEIVE_BUFFER = 1024 * 1024;
const SEND_BUFFER = 2 * 1024 * 1024;

function u32(value: number): Uint8Array {
  return new Uint8Array(Uint32Array.of(value).buffer);
}

/** `tp_status` of the first PACKET_AUXDATA message; 0 without one. */
function auxiliaryStatus(control: Uint8Array): number {
  const view = new DataView(control.buffer, control.byteOffset, control.byteLength);
  let at = 0;
  while (at + CMSG_HEADER + 4 <= control.length) {
    const length = Number(view.getBigUint64(at, true));
    const isAuxiliary =
      view.getInt32(at + 8, true) === SOL_PACKET && view.getInt32(at + 12, true) === PACKET_AUXDATA;
    if (isAuxiliary) return view.getUint32(at + CMSG_HEADER, true);
    at += Math.max(CMSG_HEADER, Math.ceil(length / 8) * 8);
  }
  return 0;
}

/** One AF_PACKET socket bound to a device, by the name it has whenever it is (re)bound. */
export class PacketEndpoint {
  readonly socket: number;
  readonly device: string;
  readonly #filter: PacketFilter;
  #index = 0;
  #own: Uint8Array = new Uint8Array(MAC_LENGTH);
  #broken = false;

  /** @throws KernelError (`ENODEV`, `EPERM`) */
  constructor(device: string, filter: PacketFilter) {
    this.device = device;
    this.#filter = filter;
    // Protocol 0: nothing arrives before the filter is in place and the binding names the protocol.
    this.socket = openSocket(AF_PACKET, SOCK_DGRAM_NONBLOCK_CLOEXEC, 0);
    try {
      attachFilter(this.socket, packetFilterProgram(filter));
      setSocketOption(this.socket, { level: SOL_PACKET, name: PACKET_AUXDATA }, u32(1));
      setSocketOption(this.socket, { level: SOL_SOCKET, name: SO_RCVBUFFORCE }, u32(RECEIVE_BUFFER));
      setSocketOption(this.socket, { level: SOL_SOCKET, name: SO_SNDBUFFORCE }, u32(SEND_BUFFER));
      this.#bind();
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /** The device's number. */
  get index(): number {
    return this.#index;
  }

  /** The device's own address. */
  get mac(): Uint8Array {
    return this.#own;
  }

  /** Whether the device was gone or down at the last try. */
  get isBroken(): boolean {
    return this.#broken;
  }

  #bind(): void {
    const index = deviceIndex(this.device);
    if (index === undefined)
      throw new KernelError(`open packets of ${this.device}`, 'ENODEV', 'there is no such device');
    bindSocket(this.socket, linkAddress(this.#filter.etherType, index));
    this.#index = index;
    // A bound packet socket's own address is the device's hardware address.
    this.#own = socketAddress(this.socket).slice(LINK_ADDRESS.mac, LINK_ADDRESS.mac + MAC_LENGTH);
  }

  /** Binds again after a failure, as the device may be back under another number. True if it carries packets again. */
  recover(): boolean {
    try {
      this.#bind();
      // Binding to a device that is down succeeds and leaves ENETDOWN on the socket.
      this.#broken = takeSocketError(this.socket) !== undefined;
    } catch (error) {
      if (!(error instanceof KernelError)) throw error;
      this.#broken = true;
    }
    return !this.#broken;
  }

  /** The next packet, or undefined. @throws KernelError when the device fails; it counts as broken then */
  receive(receiver: MessageReceiver): PacketView | undefined {
    try {
      const message = receiver.receive(this.socket);
      return message === undefined ? undefined : this.#packet(message);
    } catch (error) {
      this.fail();
      throw error;
    }
  }

  /** Another user of the socket met a failure. */
  fail(): void {
    this.#broken = true;
  }

  #packet({ address, control, data }: ReceivedMessage): PacketView {
    const toAll = address[LINK_ADDRESS.packetType] === PACKET_BROADCAST;
    return {
      source: address.subarray(LINK_ADDRESS.mac, LINK_ADDRESS.mac + MAC_LENGTH),
      destination: toAll ? BROADCAST_ADDRESS : this.#own,
      payload: data,
      checksumReady: (auxiliaryStatus(control) & TP_STATUS_CSUMNOTREADY) === 0,
    };
  }

  close(): void {
    closeFile(this.socket);
  }
}
