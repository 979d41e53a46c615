import { formatEndpoint } from '../../base/address.ts';
import type { Cancel, Clock } from '../../port/clock.ts';
import type { Log } from '../../port/log.ts';
import type { Random } from '../../port/random.ts';
import type { TcpPort } from '../../port/tcp.ts';
import type { UdpDialer, UdpPort } from '../../port/udp.ts';
import type { QueryBits } from '../../engine/dns-cache/dns-cache.ts';
import { type ForwardEffect, type ForwardEvent, Forwarder } from '../../engine/dns-forward/forwarder.ts';
import type { Question } from '../../wire/dns/message.ts';
import type { PackedMessage } from '../../wire/dns/packed.ts';
import type { Upstream } from '../../base/upstream.ts';
import { Exchanges } from './exchanges.ts';

export interface DnsPorts {
  readonly udp: UdpPort & UdpDialer;
  readonly tcp: TcpPort;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

/** An upstream with whether it answers. */
export interface UpstreamStatus {
  readonly upstream: Upstream;
  readonly isDown: boolean;
}

/** Runs the forwarder: carries out its effects and wakes it. */
export class UpstreamClient {
  readonly #ports: DnsPorts;
  readonly #forwarder: Forwarder;
  readonly #exchanges: Exchanges;
  readonly #waiters = new Map<number, (message: PackedMessage | undefined) => void>();
  #lastWaiter = 0;
  #wake: Cancel | undefined;

  constructor(ports: DnsPorts, upstreams: readonly Upstream[]) {
    this.#ports = ports;
    this.#forwarder = new Forwarder(upstreams);
    this.#exchanges = new Exchanges(ports, {
      onMessage: (exchange, bytes, from) => this.#step({ kind: 'received', exchange, bytes, from }),
      onFailure: (exchange) => this.#step({ kind: 'failed', exchange }),
    });
  }

  /** The answer of an upstream, or undefined when none gave one. */
  ask(question: Question, bits: QueryBits): Promise<PackedMessage | undefined> {
    const { promise, resolve } = Promise.withResolvers<PackedMessage | undefined>();
    const waiter = ++this.#lastWaiter;
    this.#waiters.set(waiter, resolve);
    this.#step({ kind: 'ask', waiter, question, bits });
    return promise;
  }

  /** Forgets which upstreams did not answer. */
  retryUpstreams(): void {
    this.#forwarder.retryUpstreams();
  }

  setUpstreams(upstreams: readonly Upstream[]): void {
    this.#step({ kind: 'upstreams', upstreams });
  }

  status(): readonly UpstreamStatus[] {
    return this.#forwarder.status();
  }

  /** Ends everything under way; what waits gets no answer. */
  close(): void {
    this.setUpstreams([]);
    this.#wake?.cancel();
    this.#exchanges.closeAll();
  }

  #step(event: ForwardEvent): void {
    const { clock, random } = this.#ports;
    for (const effect of this.#forwarder.step(event, { now: clock.now(), random })) this.#carryOut(effect);
    this.#wake?.cancel();
    const next = this.#forwarder.nextWake;
    this.#wake = next === undefined ? undefined : clock.wake(next, () => this.#step({ kind: 'wake' }));
  }

  #carryOut(effect: ForwardEffect): void {
    switch (effect.kind) {
      case 'send':
        return this.#exchanges.send(effect.exchange, effect.upstream, effect.message);
      case 'close':
        return this.#exchanges.close(effect.exchange);
      case 'done':
        return effect.waiters.forEach((waiter) => this.#finish(waiter, effect.message));
      case 'health':
        return this.#report(effect.upstream, effect.isDown);
      default:
        return effect satisfies never;
    }
  }

  #finish(waiter: number, message: PackedMessage | undefined): void {
    this.#waiters.get(waiter)?.(message);
    this.#waiters.delete(waiter);
  }

  #report(upstream: Upstream, isDown: boolean): void {
    const { log } = this.#ports;
    const place = `${upstream.transport}://${formatEndpoint(upstream.endpoint)}`;
    if (isDown) log.error(`The name server ${place} does not answer`);
    else log.notice(`The name server ${place} answers again`);
  }
}
