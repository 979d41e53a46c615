import { DecodeError } from '../../base/errors.ts';
import { type Duration, Milliseconds, Seconds } from '../../base/duration.ts';
import { type Instant, after } from '../../base/instant.ts';
import type { Random } from '../../port/random.ts';
import type { Endpoint } from '../../port/udp.ts';
import { HEADER_BIT, OPCODE, RCODE, UDP_SIZE } from '../../wire/dns/constants.ts';
import { encodeMessage } from '../../wire/dns/encode-message.ts';
import type { Question } from '../../wire/dns/message.ts';
import { type PackedMessage, scanMessage } from '../../wire/dns/packed.ts';
import type { Upstream } from '../../base/upstream.ts';
import { type QueryBits, questionKey } from '../dns-cache/dns-cache.ts';
import { UpstreamHealth } from './upstream-health.ts';

/** How long an answer over UDP is waited for before the next upstream is asked. */
export const UDP_TIMEOUT = Milliseconds(1500);

/** The same over TCP, connecting included. */
export const TCP_TIMEOUT = Seconds(3);

/** How long one question is tried in all: clients have given up by then. */
export const PATIENCE = Seconds(8);

/** How often each upstream is asked one question. */
const ROUNDS = 2;

/** Different questions under way at one time. At the cap further ones fail at once. */
export const MOST_IN_FLIGHT = 500;

/** Clients that wait for one and the same question. At the cap further ones fail at once. */
export const MOST_WAITERS = 100;

/** What happens to the forwarder. `exchange` is the number of a {@link ForwardEffect} `send`, `waiter` the caller's own. */
export type ForwardEvent =
  | { readonly kind: 'ask'; readonly waiter: number; readonly question: Question; readonly bits: QueryBits }
  | {
      readonly kind: 'received';
      readonly exchange: number;
      readonly bytes: Uint8Array;
      readonly from: Endpoint;
    }
  | { readonly kind: 'failed'; readonly exchange: number }
  | { readonly kind: 'upstreams'; readonly upstreams: readonly Upstream[] }
  | { readonly kind: 'wake' };

export type ForwardEffect =
  /** Send from a port of its own (RFC 5452 section 9.2) and report what comes back. */
  | {
      readonly kind: 'send';
      readonly exchange: number;
      readonly upstream: Upstream;
      readonly message: Uint8Array;
    }
  /** Nothing more is wanted of this exchange. */
  | { readonly kind: 'close'; readonly exchange: number }
  /** The waiters' answer; undefined when no upstream gave one. */
  | {
      readonly kind: 'done';
      readonly waiters: readonly number[];
      readonly key: string;
      readonly message: PackedMessage | undefined;
    }
  /** An upstream has stopped or begun to answer. */
  | { readonly kind: 'health'; readonly upstream: Upstream; readonly isDown: boolean };

export interface ForwardEnv {
  readonly now: Instant;
  readonly random: Random;
}

interface Pending {
  readonly key: string;
  readonly question: Question;
  readonly bits: QueryBits;
  readonly waiters: number[];
  readonly giveUp: Instant;
  /** Upstreams that answered with a failure: asking them again would not help. */
  readonly refusedBy: Set<number>;
  tries: number;
  exchange: number;
  server: number;
  upstream: Upstream;
  id: number;
  questionEnd: number;
  deadline: Instant;
}

function sameEndpoint(a: Endpoint, b: Endpoint): boolean {
  return a.address === b.address && a.port === b.port;
}

/** RFC 5452 section 9.1: only what answers the very question from the very place asked counts. */
function answers(pending: Pending, message: PackedMessage): boolean {
  const [question] = message.questions;
  return (
    message.id === pending.id &&
    (message.word & HEADER_BIT.QR) !== 0 &&
    message.opcode === OPCODE.QUERY &&
    message.questions.length === 1 &&
    message.questionEnd === pending.questionEnd &&
    question?.name === pending.question.name &&
    question.type === pending.question.type &&
    question.class === pending.question.class
  );
}

/**
 * Asks the upstreams in their order: the next one when one does not answer in time or answers with a failure, all of them
 * twice, those that are down left out. Equal questions under way are asked once, which also keeps forged answers from getting more
 * than one chance (RFC 5452 section 5).
 */
export class Forwarder {
  #upstreams: readonly Upstream[];
  #health: UpstreamHealth[];
  readonly #byKey = new Map<string, Pending>();
  readonly #byExchange = new Map<number, Pending>();
  #lastExchange = 0;
  #ignored = 0;

  constructor(upstreams: readonly Upstream[]) {
    this.#upstreams = upstreams;
    this.#health = upstreams.map(() => new UpstreamHealth());
  }

  /** Messages that came and answered nothing that was asked. */
  get ignored(): number {
    return this.#ignored;
  }

  get inFlight(): number {
    return this.#byKey.size;
  }

  /** The upstreams with whether they answer. */
  status(): { readonly upstream: Upstream; readonly isDown: boolean }[] {
    return this.#upstreams.map((upstream, i) => ({ upstream, isDown: this.#health[i]?.isDown ?? false }));
  }

  /** Forgets which upstreams did not answer: the way to them is another one. */
  retryUpstreams(): void {
    this.#health = this.#upstreams.map(() => new UpstreamHealth());
  }

  /** When it wants its next `wake`. */
  get nextWake(): Instant | undefined {
    let first: Instant | undefined;
    for (const { deadline } of this.#byKey.values())
      if (first === undefined || deadline < first) first = deadline;
    return first;
  }

  step(event: ForwardEvent, env: ForwardEnv): ForwardEffect[] {
    switch (event.kind) {
      case 'ask':
        return this.#ask(event, env);
      case 'received':
        return this.#received(event, env);
      case 'failed':
        return this.#unanswered(this.#byExchange.get(event.exchange), env);
      case 'upstreams':
        return this.#change(event.upstreams, env);
      case 'wake':
        return [...this.#byKey.values()]
          .filter((pending) => pending.deadline <= env.now)
          .flatMap((pending) => this.#unanswered(pending, env));
      default:
        return event satisfies never;
    }
  }

  #ask(event: Extract<ForwardEvent, { kind: 'ask' }>, env: ForwardEnv): ForwardEffect[] {
    const key = questionKey(event.question, event.bits);
    const waiters = [event.waiter];
    const same = this.#byKey.get(key);
    const isFull =
      same === undefined ? this.#byKey.size >= MOST_IN_FLIGHT : same.waiters.length >= MOST_WAITERS;
    const [upstream] = this.#upstreams;
    if (isFull || upstream === undefined) return [{ kind: 'done', waiters, key, message: undefined }];
    if (same !== undefined) {
      same.waiters.push(event.waiter);
      return [];
    }
    const pending: Pending = {
      key,
      question: event.question,
      bits: event.bits,
      waiters,
      giveUp: after(env.now, PATIENCE),
      refusedBy: new Set(),
      tries: 0,
      exchange: 0,
      server: 0,
      upstream,
      id: 0,
      questionEnd: 0,
      deadline: env.now,
    };
    this.#byKey.set(key, pending);
    return this.#tryNext(pending, env);
  }

  #tryNext(pending: Pending, env: ForwardEnv): ForwardEffect[] {
    const count = this.#upstreams.length;
    while (pending.tries < count * ROUNDS && env.now < pending.giveUp) {
      const server = pending.tries++ % count;
      const upstream = this.#upstreams[server];
      if (upstream === undefined || pending.refusedBy.has(server)) continue;
      if (this.#health[server]?.tryNow(env.now) !== true) continue;
      pending.server = server;
      return this.#send(pending, upstream, env);
    }
    return this.#finish(pending, undefined);
  }

  #send(pending: Pending, upstream: Upstream, env: ForwardEnv): ForwardEffect[] {
    pending.upstream = upstream;
    pending.exchange = ++this.#lastExchange;
    pending.id = env.random.below(0x1_0000);
    pending.deadline = after(env.now, this.#timeoutOf(upstream));
    this.#byExchange.set(pending.exchange, pending);
    const message = encodeMessage({
      id: pending.id,
      opcode: OPCODE.QUERY,
      flags: {
        response: false,
        authoritative: false,
        truncated: false,
        recursionDesired: true,
        recursionAvailable: false,
        authenticData: false,
        checkingDisabled: pending.bits.checkingDisabled,
      },
      rcode: RCODE.NOERROR,
      questions: [pending.question],
      answers: [],
      authorities: [],
      additionals: [],
      edns: { udpSize: UDP_SIZE, version: 0, dnssecOk: pending.bits.dnssecOk },
    });
    pending.questionEnd = scanMessage(message).questionEnd;
    return [{ kind: 'send', exchange: pending.exchange, upstream, message }];
  }

  #timeoutOf(upstream: Upstream): Duration {
    return upstream.transport === 'udp' ? UDP_TIMEOUT : TCP_TIMEOUT;
  }

  #received(event: Extract<ForwardEvent, { kind: 'received' }>, env: ForwardEnv): ForwardEffect[] {
    const pending = this.#byExchange.get(event.exchange);
    if (pending === undefined) return [];
    const message = this.#accept(pending, event);
    if (message === undefined) {
      this.#ignored++;
      // Over UDP anyone can have sent it and the true answer may follow; over TCP it was the upstream.
      return pending.upstream.transport === 'udp' ? [] : this.#unanswered(pending, env);
    }
    const effects = this.#noteHealth(pending.server, this.#health[pending.server]?.succeeded() === true);
    return [...effects, ...this.#answered(pending, message, env)];
  }

  #accept(pending: Pending, event: Extract<ForwardEvent, { kind: 'received' }>): PackedMessage | undefined {
    if (!sameEndpoint(event.from, pending.upstream.endpoint)) return undefined;
    try {
      const message = scanMessage(event.bytes);
      return answers(pending, message) ? message : undefined;
    } catch (error) {
      if (error instanceof DecodeError) return undefined;
      throw error;
    }
  }

  #answered(pending: Pending, message: PackedMessage, env: ForwardEnv): ForwardEffect[] {
    const isAnswer = message.rcode === RCODE.NOERROR || message.rcode === RCODE.NXDOMAIN;
    const isCut = (message.word & HEADER_BIT.TC) !== 0;
    if (isAnswer && !isCut) return this.#finish(pending, message);
    const closed = this.#close(pending);
    if (isAnswer && pending.upstream.transport === 'udp')
      return [...closed, ...this.#send(pending, { ...pending.upstream, transport: 'tcp' }, env)];
    pending.refusedBy.add(pending.server);
    return [...closed, ...this.#tryNext(pending, env)];
  }

  #unanswered(pending: Pending | undefined, env: ForwardEnv): ForwardEffect[] {
    if (pending === undefined) return [];
    const news = this.#noteHealth(pending.server, this.#health[pending.server]?.failed(env.now) === true);
    return [...news, ...this.#close(pending), ...this.#tryNext(pending, env)];
  }

  #noteHealth(server: number, isNews: boolean): ForwardEffect[] {
    const [upstream, health] = [this.#upstreams[server], this.#health[server]];
    if (!isNews || upstream === undefined || health === undefined) return [];
    return [{ kind: 'health', upstream, isDown: health.isDown }];
  }

  #close(pending: Pending): ForwardEffect[] {
    const { exchange } = pending;
    return this.#byExchange.delete(exchange) ? [{ kind: 'close', exchange }] : [];
  }

  #finish(pending: Pending, message: PackedMessage | undefined): ForwardEffect[] {
    this.#byKey.delete(pending.key);
    const { key, waiters } = pending;
    return [...this.#close(pending), { kind: 'done', waiters, key, message }];
  }

  /** What is under way is asked of the new upstreams from the beginning; how the former ones did says nothing about these. */
  #change(upstreams: readonly Upstream[], env: ForwardEnv): ForwardEffect[] {
    this.#upstreams = upstreams;
    this.#health = upstreams.map(() => new UpstreamHealth());
    return [...this.#byKey.values()].flatMap((pending) => {
      pending.tries = 0;
      pending.refusedBy.clear();
      return [...this.#close(pending), ...this.#tryNext(pending, env)];
    });
  }
}
