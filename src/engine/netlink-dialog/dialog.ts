import { type KernelError, unreachable } from '../../base/errors.ts';
import type { KernelMessage, KernelRequest } from '../../port/netlink-session.ts';
import {
  type Acknowledgement,
  decodeAcknowledgement,
  decodeDone,
} from '../../wire/netlink/acknowledgement.ts';
import { NLMSG, NLM_F } from '../../wire/netlink/constants.ts';
import type { NetlinkMessage } from '../../wire/netlink/message.ts';
import { NetlinkError } from './netlink-error.ts';

/** A dump the kernel could not give in one piece (NLM_F_DUMP_INTR) is asked for again up to this many times, then refused. */
export const MAX_DUMP_REPEATS = 10;

/** How the answer to an exchange ends: replies and an acknowledgement, replies and NLMSG_DONE, or acknowledgements alone. */
export type ExchangeKind = 'request' | 'dump' | 'transaction';

interface Exchange {
  readonly id: number;
  readonly kind: ExchangeKind;
  readonly messages: readonly KernelRequest[];
  /** Replies are handed out one by one instead of being gathered. */
  readonly streamed: boolean;
  /** Sequence number of the first message; the others follow without a gap. */
  first: number;
  /** The message whose acknowledgement ends the exchange. */
  closing: number;
  replies: KernelMessage[];
  refusal: NetlinkError | undefined;
  interrupted: boolean;
  repeats: number;
}

export interface DialogState {
  /** Message types that the kernel never acknowledges singly: NFNL_MSG_BATCH_BEGIN and END. */
  readonly unacknowledged: ReadonlySet<number>;
  /** Our address, by which answers to us are told from events others caused; undefined while no socket is open. */
  port: number | undefined;
  nextSequence: number;
  readonly inFlight: Map<number, Exchange>;
  /** Not sent: dumps behind another dump, of which a socket carries one at a time (EBUSY), and all before the socket is open. */
  waiting: Exchange[];
}

export type DialogEvent =
  | { readonly kind: 'opened'; readonly port: number }
  | {
      readonly kind: 'submit';
      readonly id: number;
      readonly exchange: ExchangeKind;
      readonly messages: readonly KernelRequest[];
      readonly streamed?: boolean;
    }
  | { readonly kind: 'received'; readonly message: NetlinkMessage }
  /** The socket overran or failed and is gone; `opened` follows when there is another. */
  | { readonly kind: 'lost'; readonly error: KernelError }
  /** There is no socket and none to come. */
  | { readonly kind: 'closed'; readonly error: Error };

export type DialogEffect =
  | { readonly kind: 'send'; readonly messages: readonly NetlinkMessage[] }
  /** One reply of a streamed exchange. */
  | { readonly kind: 'reply'; readonly id: number; readonly message: KernelMessage }
  /** The replies of a streamed exchange so far are void: it is asked again. */
  | { readonly kind: 'restart'; readonly id: number }
  | { readonly kind: 'resolve'; readonly id: number; readonly replies: readonly KernelMessage[] }
  | { readonly kind: 'reject'; readonly id: number; readonly error: Error }
  | { readonly kind: 'event'; readonly message: KernelMessage };

export function createDialog(unacknowledged: readonly number[] = []): DialogState {
  return {
    unacknowledged: new Set(unacknowledged),
    port: undefined,
    nextSequence: 1,
    inFlight: new Map(),
    waiting: [],
  };
}

/**
 * One step of the dialogue with the kernel; `state` is updated in place. What is refused, lost or whole is said by
 * effects. @throws DecodeError for a control message that is cut short, which the kernel does not send.
 */
export function stepDialog(state: DialogState, event: DialogEvent): readonly DialogEffect[] {
  switch (event.kind) {
    case 'opened':
      state.port = event.port;
      return sendWaiting(state);
    case 'submit':
      state.waiting.push(newExchange(event));
      return sendWaiting(state);
    case 'received':
      return receive(state, event.message);
    case 'lost':
      return lose(state, event.error);
    case 'closed':
      return rejectAll(state, event.error);
    default:
      return unreachable(event);
  }
}

function rejectAll(state: DialogState, error: Error): readonly DialogEffect[] {
  const ended = [...state.inFlight.values(), ...state.waiting];
  state.inFlight.clear();
  state.waiting = [];
  state.port = undefined;
  return ended.map(({ id }) => ({ kind: 'reject', id, error }));
}

function newExchange(event: DialogEvent & { kind: 'submit' }): Exchange {
  return {
    id: event.id,
    kind: event.exchange,
    messages: event.messages,
    streamed: event.streamed ?? false,
    first: 0,
    closing: 0,
    replies: [],
    refusal: undefined,
    interrupted: false,
    repeats: 0,
  };
}

/** Sends what may be sent now, in the order it was asked for, but a waiting dump holds up no other kind. */
function sendWaiting(state: DialogState): DialogEffect[] {
  if (state.port === undefined) return [];
  const effects: DialogEffect[] = [];
  const held: Exchange[] = [];
  let dumping = [...state.inFlight.values()].some(({ kind }) => kind === 'dump');
  for (const exchange of state.waiting) {
    if (exchange.messages.length === 0) effects.push({ kind: 'resolve', id: exchange.id, replies: [] });
    else if (exchange.kind === 'dump' && dumping) held.push(exchange);
    else {
      dumping ||= exchange.kind === 'dump';
      effects.push(send(state, exchange, state.port));
    }
  }
  state.waiting = held;
  return effects;
}

function send(state: DialogState, exchange: Exchange, port: number): DialogEffect {
  const { messages } = exchange;
  // Number 0 is left to events; a transaction keeps its numbers in one piece, so the wrap comes early.
  if (state.nextSequence + messages.length > 0xffff_ffff) state.nextSequence = 1;
  exchange.first = state.nextSequence;
  state.nextSequence += messages.length;
  exchange.closing = exchange.first + messages.findLastIndex(({ type }) => !state.unacknowledged.has(type));
  state.inFlight.set(exchange.first, exchange);
  return {
    kind: 'send',
    messages: messages.map(({ type, flags, payload }, index) => {
      const sequence = exchange.first + index;
      return { type, flags: flagsOf(exchange, sequence, flags), sequence, port, payload };
    }),
  };
}

/**
 * The kernel answers the messages of a datagram in order and reports errors unasked, so one acknowledgement for
 * the last tells of all: a ruleset of thousands of messages must not overrun the socket with its own answers.
 */
function flagsOf(exchange: Exchange, sequence: number, flags: number): number {
  const wanted = NLM_F.REQUEST | (flags & ~NLM_F.ACK);
  if (exchange.kind === 'dump') return wanted | NLM_F.DUMP;
  return sequence === exchange.closing ? wanted | NLM_F.ACK : wanted;
}

function receive(state: DialogState, message: NetlinkMessage): readonly DialogEffect[] {
  if (message.type === NLMSG.NOOP) return [];
  const exchange = exchangeOf(state, message);
  if (message.type === NLMSG.ERROR)
    return exchange === undefined ? [] : acknowledged(state, exchange, message);
  if (message.type === NLMSG.DONE) return exchange === undefined ? [] : dumped(state, exchange, message);
  // Replies nobody waits for any more carry our port but no open number; events caused by our own transaction
  // carry its number and are events all the same.
  if (exchange === undefined) return isStaleReply(state, message) ? [] : [eventOf(message)];
  if (exchange.kind === 'transaction') return [eventOf(message)];
  if ((message.flags & NLM_F.DUMP_INTR) !== 0) exchange.interrupted = true;
  if (exchange.streamed) return [{ kind: 'reply', id: exchange.id, message: strip(message) }];
  exchange.replies.push(strip(message));
  return [];
}

function exchangeOf(state: DialogState, message: NetlinkMessage): Exchange | undefined {
  if (message.port !== state.port) return undefined;
  const exact = state.inFlight.get(message.sequence);
  if (exact !== undefined) return exact;
  for (const exchange of state.inFlight.values()) {
    const index = message.sequence - exchange.first;
    if (index >= 0 && index < exchange.messages.length) return exchange;
  }
  return undefined;
}

function isStaleReply(state: DialogState, message: NetlinkMessage): boolean {
  return message.port === state.port && (message.flags & NLM_F.MULTI) !== 0;
}

function strip({ type, flags, payload }: NetlinkMessage): KernelMessage {
  return { type, flags, payload };
}

function eventOf(message: NetlinkMessage): DialogEffect {
  return { kind: 'event', message: strip(message) };
}

function acknowledged(
  state: DialogState,
  exchange: Exchange,
  message: NetlinkMessage,
): readonly DialogEffect[] {
  const answer = decodeAcknowledgement(message);
  const index = message.sequence - exchange.first;
  exchange.refusal ??= refusalOf(exchange, index, answer);
  // An error for a batch mark is about the whole batch, and may be the only answer there is (nfnetlink_rcv_batch()).
  const mark = state.unacknowledged.has(exchange.messages[index]?.type ?? 0);
  if (message.sequence !== exchange.closing && !(mark && answer.errno !== undefined)) return [];
  return settle(state, exchange);
}

function dumped(state: DialogState, exchange: Exchange, message: NetlinkMessage): readonly DialogEffect[] {
  if (exchange.kind !== 'dump') return [];
  exchange.refusal ??= refusalOf(exchange, 0, decodeDone(message));
  if ((message.flags & NLM_F.DUMP_INTR) !== 0) exchange.interrupted = true;
  if (exchange.refusal !== undefined || !exchange.interrupted) return settle(state, exchange);
  state.inFlight.delete(exchange.first);
  return [...repeat(state, exchange), ...sendWaiting(state)];
}

/** Puts a dump that cannot be used at the head of those waiting, or gives it up. */
function repeat(state: DialogState, exchange: Exchange): DialogEffect[] {
  exchange.replies = [];
  exchange.interrupted = false;
  exchange.repeats++;
  if (exchange.repeats <= MAX_DUMP_REPEATS) {
    state.waiting.unshift(exchange);
    return exchange.streamed ? [{ kind: 'restart', id: exchange.id }] : [];
  }
  const text = `the table changed during each of ${exchange.repeats} attempts`;
  const refusal = { errno: 'EINTR', text, offset: undefined };
  return [{ kind: 'reject', id: exchange.id, error: new NetlinkError(exchange.messages, 0, refusal) }];
}

function refusalOf(exchange: Exchange, index: number, answer: Acknowledgement): NetlinkError | undefined {
  const { errno } = answer;
  return errno === undefined ? undefined : new NetlinkError(exchange.messages, index, { ...answer, errno });
}

function settle(state: DialogState, exchange: Exchange): readonly DialogEffect[] {
  state.inFlight.delete(exchange.first);
  const { id, refusal, replies } = exchange;
  const outcome: DialogEffect =
    refusal === undefined ? { kind: 'resolve', id, replies } : { kind: 'reject', id, error: refusal };
  return [outcome, ...sendWaiting(state)];
}

/**
 * Answers may be among what was lost. A dump changes nothing and is asked for again on the next socket; of
 * everything else only the caller can find out what became of it.
 */
function lose(state: DialogState, error: KernelError): readonly DialogEffect[] {
  const effects: DialogEffect[] = [];
  state.port = undefined;
  const lost = [...state.inFlight.values()];
  state.inFlight.clear();
  for (const exchange of lost.toReversed()) {
    if (exchange.kind === 'dump') effects.push(...repeat(state, exchange));
    else effects.unshift({ kind: 'reject', id: exchange.id, error });
  }
  return effects;
}
