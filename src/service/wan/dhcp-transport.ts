import { type Duration, Milliseconds } from '../../base/duration.ts';
import { DecodeError, KernelError } from '../../base/errors.ts';
import { ETH_P } from '../../base/ether-type.ts';
import { after } from '../../base/instant.ts';
import { BROADCAST, type Ipv4 } from '../../base/ipv4.ts';
import { BROADCAST_MAC } from '../../base/mac.ts';
import type { PacketSocket, ReceivedPacket } from '../../port/packet.ts';
import { DHCP4_CLIENT_PORT, DHCP4_SERVER_PORT } from '../../wire/dhcp4/constants.ts';
import { type Dhcp4Message, decodeMessage, encodeMessage } from '../../wire/dhcp4/message.ts';
import { decodeUdpPacket, encodeUdpPacket } from '../../wire/ipv4/udp.ts';
import type { WanPorts } from './wan-state.ts';

/** How long a socket stays open behind a datagram, which leaves in a later turn. */
const LINGER: Duration = Milliseconds(50);

type TransportPorts = Pick<WanPorts, 'clock' | 'packets' | 'udp' | 'log'>;
type OnMessage = (message: Dhcp4Message, from: Ipv4) => void;

/**
 * DHCP messages to and from one device. Everything is received, and broadcasts are sent, by a packet socket: it works
 * before there is an address, needs no broadcast flag, and no hole in the firewall. What goes to the server alone takes
 * the kernel's route, which knows the way to a server that is not on the link.
 */
export class DhcpTransport {
  readonly #device: string;
  readonly #ports: TransportPorts;
  readonly #onMessage: OnMessage;
  #socket: PacketSocket | undefined;
  #generation = 0;
  #malformed = 0;

  constructor(device: string, ports: TransportPorts, onMessage: OnMessage) {
    this.#device = device;
    this.#ports = ports;
    this.#onMessage = onMessage;
  }

  /** Packets to the client port that were no DHCP messages. */
  get malformed(): number {
    return this.#malformed;
  }

  /** Opens the packet socket; false if it was closed again meanwhile. @throws KernelError (`ENODEV`, `EPERM`) */
  async open(): Promise<boolean> {
    this.close();
    const generation = this.#generation;
    const isOvertaken = (): boolean => generation !== this.#generation;
    const filter = { etherType: ETH_P.IP, udpPort: DHCP4_CLIENT_PORT };
    let socket: PacketSocket;
    try {
      socket = await this.#ports.packets.open(this.#device, filter, (packet) => {
        if (!isOvertaken()) this.#receive(packet);
      });
    } catch (error) {
      // The device may have been gone for a moment, and be back with another socket.
      if (isOvertaken()) return false;
      throw error;
    }
    if (isOvertaken()) {
      socket.close();
      return false;
    }
    this.#socket = socket;
    return true;
  }

  close(): void {
    this.#generation++;
    this.#socket?.close();
    this.#socket = undefined;
  }

  broadcast(message: Dhcp4Message, source: Ipv4): void {
    const packet = encodeUdpPacket({
      source,
      sourcePort: DHCP4_CLIENT_PORT,
      destination: BROADCAST,
      destinationPort: DHCP4_SERVER_PORT,
      payload: encodeMessage(message),
    });
    this.#socket?.send(BROADCAST_MAC, packet);
  }

  /** Resolves when the message is on its way, or cannot be: the next one of the back-off follows anyway. */
  async unicast(message: Dhcp4Message, source: Ipv4, server: Ipv4): Promise<void> {
    const { udp, clock, log } = this.#ports;
    try {
      // The answer comes in by the packet socket.
      const socket = await udp.bind({ address: source, port: DHCP4_CLIENT_PORT }, () => undefined);
      socket.send(encodeMessage(message), { address: server, port: DHCP4_SERVER_PORT });
      await new Promise<void>((resolve) => void clock.wake(after(clock.now(), LINGER), resolve));
      socket.close();
    } catch (error) {
      if (!(error instanceof KernelError)) throw error;
      log.warn(`A message to the DHCP server was not sent: ${error.message}`);
    }
  }

  #receive(packet: ReceivedPacket): void {
    try {
      const datagram = decodeUdpPacket(packet.payload, packet.checksumReady);
      if (datagram.sourcePort !== DHCP4_SERVER_PORT || datagram.destinationPort !== DHCP4_CLIENT_PORT) return;
      this.#onMessage(decodeMessage(datagram.payload), datagram.source);
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error;
      this.#malformed++;
    }
  }
}
