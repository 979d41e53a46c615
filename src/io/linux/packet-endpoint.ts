import { KernelError } from '../../base/errors.ts';
import type { PacketFilter } from '../../port/packet.ts';
import {
  type MessageReceiver,
  type ReceivedMessage,
  attachFilter,
  bindSocket,
  closeFile,
  deviceIndex,
  openSocket,
  sendTo,
  setSocketOption,
  socketAddress,
  takeSocketError,
} from './ffi.ts';
import { packetFilterProgram } from './packet-filter.ts';

// linux/if_packet.h and the generic socket headers.
const AF_PACKET = 17;
const SOCK_DGRAM_NONBLOCK_CLOEXEC = 2 | 0o4_000 | 0o2_000_000;
const SOL_PACKET = 263;
const PACKET_AUXDATA = 8;
const TP_STATUS_CSUMNOTREADY = 1 << 3;
const PACKET_BROADCAST = 1;

// struct sockaddr_ll { u16 family, be16 protocol, i32 ifindex, u16 hatype, u8 pkttype, u8 halen, u8 addr[8] }
const SOCKADDR_LL_LENGTH = 20;
const PACKET_TYPE_AT = 10;
const ADDRESS_AT = 12;
const MAC_LENGTH = 6;
const CMSG_HEADER = 16;

const BROADCAST_ADDRESS = new Uint8Array(MAC_LENGTH).fill(0xff);

function linkAddress(etherType: number, index: number, mac: Uint8Array): Uint8Array {
  const address = new Uint8Array(SOCKADDR_LL_LENGTH);
  const view = new DataView(address.buffer);
  view.setUint16(0, AF_PACKET, true);
  view.setUint16(2, etherType);
  view.setInt32(4, index, true);
  view.setUint8(11, mac.length);
  address.set(mac, ADDRESS_AT);
  return address;
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

/** Copies: the receiver's memory is used again for the next one. */
export interface EndpointPacket {
  readonly source: Uint8Array;
  readonly destination: Uint8Array;
  readonly payload: Uint8Array<ArrayBuffer>;
  readonly checksumReady: boolean;
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
      setSocketOption(this.socket, { level: SOL_PACKET, name: PACKET_AUXDATA }, Uint8Array.of(1, 0, 0, 0));
      this.#bind();
    } catch (error) {
      this.close();
      throw error;
    }
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
    bindSocket(this.socket, linkAddress(this.#filter.etherType, index, new Uint8Array(0)));
    this.#index = index;
    // A bound packet socket's own address is the device's hardware address.
    this.#own = socketAddress(this.socket).slice(ADDRESS_AT, ADDRESS_AT + MAC_LENGTH);
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
  receive(receiver: MessageReceiver): EndpointPacket | undefined {
    const message = this.#guarded(() => receiver.receive(this.socket));
    return message === undefined ? undefined : this.#packet(message);
  }

  #packet(message: ReceivedMessage): EndpointPacket {
    const toAll = message.address[PACKET_TYPE_AT] === PACKET_BROADCAST;
    return {
      source: message.address.slice(ADDRESS_AT, ADDRESS_AT + MAC_LENGTH),
      destination: toAll ? BROADCAST_ADDRESS : this.#own,
      payload: Uint8Array.from(message.data),
      checksumReady: (auxiliaryStatus(message.control) & TP_STATUS_CSUMNOTREADY) === 0,
    };
  }

  /** Sends one packet; one for which there is no room is lost. @throws KernelError when the device fails */
  send(destination: Uint8Array, payload: Uint8Array): void {
    this.#guarded(() =>
      sendTo(this.socket, payload, linkAddress(this.#filter.etherType, this.#index, destination)),
    );
  }

  close(): void {
    closeFile(this.socket);
  }

  #guarded<T>(action: () => T): T {
    try {
      return action();
    } catch (error) {
      this.#broken = true;
      throw error;
    }
  }
}
