import { type Socket, createSocket } from 'node:dgram';
import { once } from 'node:events';
import { formatAddress, formatEndpoint, isIpv4 } from '../../base/address.ts';
import type {
  Endpoint,
  UdpConversation,
  UdpConversationHandlers,
  UdpDialer,
  UdpPort,
  UdpSocket,
} from '../../port/udp.ts';
import { endpointFrom } from './endpoint.ts';
import { kernelErrorFrom } from './errors.ts';

type OnDatagram = (datagram: Uint8Array, from: Endpoint) => void;

/** UDP by node:dgram: for everything but the packet loops that need batches. */
export class NodeUdp implements UdpPort, UdpDialer {
  #lost = 0;

  /** Datagrams the kernel did not take, and failures it reported for sockets of this port. */
  get lost(): number {
    return this.#lost;
  }

  async bind(local: Endpoint, onDatagram: OnDatagram): Promise<UdpSocket> {
    const socket = createSocket(isIpv4(local.address) ? { type: 'udp4' } : { type: 'udp6', ipv6Only: true });
    try {
      socket.bind({ address: formatAddress(local.address), port: local.port });
      await once(socket, 'listening');
    } catch (error) {
      socket.close();
      throw kernelErrorFrom(`listen on UDP ${formatEndpoint(local)}`, error);
    }
    socket.on('error', this.#countLoss);
    socket.on('message', (message, peer) => {
      const from = endpointFrom(peer.address, peer.port);
      // A Buffer slices and prints differently from the Uint8Array everything above works with.
      if (from !== undefined)
        onDatagram(new Uint8Array(message.buffer, message.byteOffset, message.length), from);
    });
    return this.#wrap(socket, { address: local.address, port: socket.address().port });
  }

  async connect(peer: Endpoint, handlers: UdpConversationHandlers): Promise<UdpConversation> {
    const socket = createSocket(isIpv4(peer.address) ? 'udp4' : 'udp6');
    try {
      socket.connect(peer.port, formatAddress(peer.address));
      await once(socket, 'connect');
    } catch (error) {
      socket.close();
      throw kernelErrorFrom(`send to UDP ${formatEndpoint(peer)}`, error);
    }
    // Only for a connected socket does the kernel say which ICMP error was the answer to what.
    socket.on('error', () => handlers.onUnreachable());
    socket.on('message', (message) =>
      handlers.onDatagram(new Uint8Array(message.buffer, message.byteOffset, message.length)),
    );
    let open = true;
    return {
      send: (datagram) => {
        if (!open) return this.#countLoss();
        socket.send(datagram.slice(), (error) => {
          if (error === null) return;
          this.#countLoss();
          if (open) handlers.onUnreachable();
        });
      },
      close: () => {
        if (open) socket.close();
        open = false;
      },
    };
  }

  readonly #countLoss = (): void => {
    this.#lost++;
  };

  #wrap(socket: Socket, local: Endpoint): UdpSocket {
    let open = true;
    return {
      local,
      send: (datagram, to) => {
        // Port 0 is where a peer that wants no answer sends from (RFC 768); Node throws when asked to send there.
        if (!open || to.port === 0 || isIpv4(to.address) !== isIpv4(local.address)) return this.#countLoss();
        // Node sends in a later turn, from the very bytes it was given.
        socket.send(datagram.slice(), to.port, formatAddress(to.address), (error) => {
          if (error !== null) this.#countLoss();
        });
      },
      close: () => {
        if (open) socket.close();
        open = false;
      },
    };
  }
}
