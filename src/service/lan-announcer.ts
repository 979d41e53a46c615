import { Seconds } from '../base/duration.ts';
import { KernelError } from '../base/errors.ts';
import { ETH_P } from '../base/ether-type.ts';
import { after } from '../base/instant.ts';
import { type Ipv4, formatIpv4 } from '../base/ipv4.ts';
import { BROADCAST_MAC, type Mac } from '../base/mac.ts';
import type { Cancel, Clock } from '../port/clock.ts';
import type { Log } from '../port/log.ts';
import type { PacketPort, PacketSocket } from '../port/packet.ts';
import { encodeArpRequest } from '../wire/arp/message.ts';

/** ANNOUNCE_NUM and ANNOUNCE_INTERVAL of RFC 5227 section 1.1. */
const ANNOUNCEMENTS = 2;
const ANNOUNCE_INTERVAL = Seconds(2);

/** Where the LAN can be spoken to: its device, that device's hardware address as it is known, and the box's address on it. */
export interface LanPlace {
  readonly device: string;
  readonly mac: Mac | undefined;
  readonly address: Ipv4;
}

export interface LanAnnouncerPorts {
  readonly packets: PacketPort;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * Tells the LAN who has the box's address (RFC 5227 section 2.3). A device that asked for it while the box was not there holds its
 * packets back until it asks again, a second later, and drops them in the end; one that has the address of a former box sends to nobody.
 */
export class LanAnnouncer {
  readonly #ports: LanAnnouncerPorts;
  /** What was announced last, or is being announced. */
  #place = '';
  #socket: PacketSocket | undefined;
  #next: Cancel | undefined;
  #isStopped = false;

  constructor(ports: LanAnnouncerPorts) {
    this.#ports = ports;
  }

  /** The box is here from now on, or nowhere; the same again changes nothing. Resolves when it has been said the first time. */
  async follow(place: LanPlace | undefined): Promise<void> {
    const wanted = place === undefined ? '' : JSON.stringify(place);
    if (wanted === this.#place || this.#isStopped) return;
    this.#end();
    this.#place = wanted;
    if (place === undefined) return;
    const { packets, log } = this.#ports;
    try {
      const filter = { etherType: ETH_P.ARP, arpAddress: place.address };
      const socket = await packets.open(place.device, filter, () => {});
      if (this.#place !== wanted) return socket.close();
      this.#socket = socket;
      this.#announce(place.address, ANNOUNCEMENTS);
    } catch (error) {
      if (!(error instanceof KernelError)) throw error;
      // The kernel answers whoever asks all the same.
      log.info(`Cannot announce ${formatIpv4(place.address)} on ${place.device}: ${error.message}`);
    }
  }

  /** Says nothing more, whatever comes. */
  stop(): void {
    this.#isStopped = true;
    this.#place = '';
    this.#end();
  }

  #end(): void {
    this.#next?.cancel();
    this.#next = undefined;
    this.#socket?.close();
    this.#socket = undefined;
  }

  #announce(address: Ipv4, left: number): void {
    const { clock } = this.#ports;
    const socket = this.#socket;
    if (socket === undefined) return;
    const announcement = { senderMac: socket.mac, senderAddress: address, targetAddress: address };
    socket.send(BROADCAST_MAC, encodeArpRequest(announcement));
    if (left === 1) return this.#end();
    this.#next = clock.wake(after(clock.now(), ANNOUNCE_INTERVAL), () => this.#announce(address, left - 1));
  }
}
