import { DecodeError, KernelError } from '../../base/errors.ts';
import { ETH_P } from '../../base/ether-type.ts';
import { type Ipv4, UNSPECIFIED } from '../../base/ipv4.ts';
import { BROADCAST_MAC, type Mac } from '../../base/mac.ts';
import type { PacketSocket, ReceivedPacket } from '../../port/packet.ts';
import { type ArpMessage, decodeArp, encodeArpRequest } from '../../wire/arp/message.ts';
import type { WanPorts } from './wan-state.ts';

/** ARP about one address of the WAN, the one being checked or in use: that of others is heard, our own is sent. */
export class ArpWatch {
  readonly #device: string;
  readonly #ports: Pick<WanPorts, 'packets' | 'log'>;
  readonly #onMessage: (message: ArpMessage) => void;
  #address: Ipv4 | undefined;
  #socket: PacketSocket | undefined;
  /** Packets for a socket that is still being opened; undefined when none is. */
  #waiting: Uint8Array[] | undefined;

  constructor(
    device: string,
    ports: Pick<WanPorts, 'packets' | 'log'>,
    onMessage: (message: ArpMessage) => void,
  ) {
    this.#device = device;
    this.#ports = ports;
    this.#onMessage = onMessage;
  }

  /** Hears what is said about this address from now on; nothing with undefined. The same again changes nothing. */
  watch(address: Ipv4 | undefined): void {
    if (address === this.#address) return;
    this.close();
    if (address === undefined) return;
    this.#address = address;
    const waiting: Uint8Array[] = [];
    this.#waiting = waiting;
    void this.#open(address, waiting);
  }

  send(purpose: 'probe' | 'announce', address: Ipv4, mac: Mac): void {
    // A question under our address would change what others know of its owner.
    const senderAddress = purpose === 'probe' ? UNSPECIFIED : address;
    const packet = encodeArpRequest({ senderMac: mac, senderAddress, targetAddress: address });
    if (this.#socket === undefined) this.#waiting?.push(packet);
    else this.#socket.send(BROADCAST_MAC, packet);
  }

  close(): void {
    this.#socket?.close();
    this.#socket = undefined;
    this.#address = undefined;
    this.#waiting = undefined;
  }

  async #open(address: Ipv4, waiting: Uint8Array[]): Promise<void> {
    const { packets, log } = this.#ports;
    const filter = { etherType: ETH_P.ARP, arpAddress: address };
    try {
      const socket = await packets.open(this.#device, filter, (packet) => {
        if (this.#socket === socket) this.#receive(packet);
      });
      if (this.#waiting !== waiting) {
        socket.close();
        return;
      }
      this.#socket = socket;
      for (const packet of waiting) socket.send(BROADCAST_MAC, packet);
    } catch (error) {
      if (!(error instanceof KernelError)) throw error;
      if (this.#waiting === waiting) this.#waiting = undefined;
      // Better an address that nobody has checked than none: the device itself works, or there were no lease.
      log.warn(`Cannot check the address of ${this.#device} for conflicts: ${error.message}`);
    }
  }

  #receive(packet: ReceivedPacket): void {
    try {
      this.#onMessage(decodeArp(packet.payload));
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error;
    }
  }
}
