import { Seconds } from '../../base/duration.ts';
import type { TcpPort } from '../../port/tcp.ts';
import type { Endpoint, UdpDialer } from '../../port/udp.ts';
import { FrameSplitter, frameMessage } from '../../wire/dns/stream-frame.ts';
import type { Upstream } from '../../base/upstream.ts';

/** The system's own limit for connecting; the forwarder gives up before. */
const CONNECT_TIMEOUT = Seconds(5);

export interface ExchangeHandlers {
  onMessage(exchange: number, bytes: Uint8Array, from: Endpoint): void;
  onFailure(exchange: number): void;
}

interface Ports {
  readonly udp: UdpDialer;
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
    const end = this.#open.get(exchange);
    this.#open.delete(exchange);
    end?.();
  }

  closeAll(): void {
    for (const end of this.#open.values()) end();
    this.#open.clear();
  }

  async #sendUdp(exchange: number, to: Endpoint, message: Uint8Array): Promise<void> {
    const socket = await this.#ports.udp.connect(to, {
      onDatagram: (bytes) => this.#handlers.onMessage(exchange, bytes, to),
      onUnreachable: () => this.#fail(exchange),
    });
    if (!this.#open.has(exchange)) return socket.close();
    this.#open.set(exchange, () => socket.close());
    socket.send(message);
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
    if (!this.#open.has(exchange)) return;
    this.close(exchange);
    this.#handlers.onFailure(exchange);
  }
}
