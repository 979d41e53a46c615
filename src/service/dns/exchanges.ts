import { Seconds } from '../../base/duration.ts';
import { Ipv4 } from '../../base/ipv4.ts';
import { Ipv6 } from '../../base/ipv6.ts';
import { isIpv4 } from '../../base/address.ts';
import type { TcpPort } from '../../port/tcp.ts';
import type { Endpoint, UdpPort } from '../../port/udp.ts';
import { FrameSplitter, frameMessage } from '../../wire/dns/stream-frame.ts';
import type { Upstream } from '../../base/upstream.ts';

/** The system's own limit for connecting; the forwarder gives up before. */
const CONNECT_TIMEOUT = Seconds(5);

export interface ExchangeHandlers {
  onMessage(exchange: number, bytes: Uint8Array, from: Endpoint): void;
  onFailure(exchange: number): void;
}

interface Ports {
  readonly udp: UdpPort;
  readonly tcp: TcpPort;
}

/** Carries single questions to upstreams: over UDP from a fresh port each (RFC 5452 section 9.2), over TCP on a connection each. */
export class Exchanges {
  readonly #ports: Ports;
  readonly #handlers: ExchangeHandlers;
  /** How to end each exchange under way. */
  readonly #open = new Map<number, () => void>();

  constructor(ports: Ports, handlers: ExchangeHandlers) {
    this.#ports = ports;
    this.#handlers = handlers;
  }

  send(exchange: number, upstream: Upstream, message: Uint8Array): void {
    this.#open.set(exchange, () => {});
    const sending =
      upstream.transport === 'udp'
        ? this.#sendUdp(exchange, upstream.endpoint, message)
        : this.#sendTcp(exchange, upstream.endpoint, message);
    sending.catch(() => this.#fail(exchange));
  }

  close(exchange: number): void {
    this.#open.get(exchange)?.();
    this.#open.delete(exchange);
  }

  closeAll(): void {
    for (const end of this.#open.values()) end();
    this.#open.clear();
  }

  async #sendUdp(exchange: number, to: Endpoint, message: Uint8Array): Promise<void> {
    const any = { address: isIpv4(to.address) ? Ipv4(0) : Ipv6(0n), port: 0 };
    const socket = await this.#ports.udp.bind(any, (bytes, from) =>
      this.#handlers.onMessage(exchange, bytes, from),
    );
    if (!this.#open.has(exchange)) return socket.close();
    this.#open.set(exchange, () => socket.close());
    socket.send(message, to);
  }

  async #sendTcp(exchange: number, to: Endpoint, message: Uint8Array): Promise<void> {
    const connection = await this.#ports.tcp.connect(to, CONNECT_TIMEOUT);
    if (!this.#open.has(exchange)) return connection.destroy();
    this.#open.set(exchange, () => connection.destroy());
    const splitter = new FrameSplitter();
    connection.onData((chunk) => {
      for (const bytes of splitter.push(chunk)) this.#handlers.onMessage(exchange, bytes, to);
    });
    connection.onClose(() => this.#fail(exchange));
    connection.write(frameMessage(message));
  }

  #fail(exchange: number): void {
    if (this.#open.delete(exchange)) this.#handlers.onFailure(exchange);
  }
}
