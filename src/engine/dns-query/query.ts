import { DecodeError } from '../../base/errors.ts';
import {
  CLASS,
  HEADER_BIT,
  HEADER_LENGTH,
  LARGEST_MESSAGE,
  OPCODE,
  RCODE,
  SMALLEST_UDP_SIZE,
  TYPE,
  UDP_SIZE,
} from '../../wire/dns/constants.ts';
import { wireLength } from '../../wire/dns/domain-name.ts';
import type { Question } from '../../wire/dns/message.ts';
import { type PackedMessage, appendEdns, isResponse, scanMessage, viewOf } from '../../wire/dns/packed.ts';

/** One client's question that can be answered. */
export interface Query {
  readonly message: PackedMessage;
  readonly question: Question;
  /** Octets the client takes: 65535 over TCP. */
  readonly limit: number;
}

/** What is to be done about a message from a client. */
export type Reading =
  | { readonly kind: 'query'; readonly query: Query }
  /** It cannot be answered, and this says so. */
  | { readonly kind: 'refusal'; readonly rcode: number; readonly bytes: Uint8Array }
  /** A response, or too short to have an id: answering could start a loop. */
  | { readonly kind: 'ignore' };

export type Transport = 'udp' | 'tcp';

/** A response of nothing but a header: for what has no question that could be repeated. */
function bareRefusal(bytes: Uint8Array, rcode: number): Reading {
  const response = new Uint8Array(HEADER_LENGTH);
  const view = viewOf(response);
  const word = viewOf(bytes).getUint16(2);
  view.setUint16(0, viewOf(bytes).getUint16(0));
  view.setUint16(2, HEADER_BIT.QR | (word & 0x7800) | (word & HEADER_BIT.RD) | rcode);
  return { kind: 'refusal', rcode, bytes: response };
}

function refusalFor(message: PackedMessage, question: Question): number | undefined {
  if (message.edns !== undefined && message.edns.version > 0) return RCODE.BADVERS;
  if (question.type === TYPE.OPT) return RCODE.FORMERR;
  const isTransfer = question.type === TYPE.AXFR || question.type === TYPE.IXFR;
  return question.class !== CLASS.IN || isTransfer ? RCODE.REFUSED : undefined;
}

/** RFC 6891 section 6.2.3 and 6.2.5: less than 512 counts as 512, and we do not send more than fits every path. */
function limitOf(message: PackedMessage, transport: Transport): number {
  if (transport === 'tcp') return LARGEST_MESSAGE;
  const offered = message.edns?.udpSize ?? SMALLEST_UDP_SIZE;
  return Math.min(Math.max(offered, SMALLEST_UDP_SIZE), UDP_SIZE);
}

/** Reads what a client sent: other opcodes are NOTIMP, what is malformed FORMERR, other classes and transfers REFUSED. Never throws. */
export function readQuery(bytes: Uint8Array, transport: Transport): Reading {
  if (bytes.length < HEADER_LENGTH || isResponse(bytes)) return { kind: 'ignore' };
  if (((viewOf(bytes).getUint16(2) >>> 11) & 15) !== OPCODE.QUERY) return bareRefusal(bytes, RCODE.NOTIMP);
  let message: PackedMessage;
  try {
    message = scanMessage(bytes);
  } catch (error) {
    if (error instanceof DecodeError) return bareRefusal(bytes, RCODE.FORMERR);
    throw error;
  }
  const [question, second] = message.questions;
  if (question === undefined || second !== undefined) return bareRefusal(bytes, RCODE.FORMERR);
  // The name can only point into the header, which no client does; responses rely on its full length.
  if (message.questionEnd !== HEADER_LENGTH + wireLength(question.name) + 4)
    return bareRefusal(bytes, RCODE.FORMERR);
  const query = { message, question, limit: limitOf(message, transport) };
  const rcode = refusalFor(message, question);
  if (rcode === undefined) return { kind: 'query', query };
  return { kind: 'refusal', rcode, bytes: makeResponse(query, { rcode, isAuthoritative: false }) };
}

/** What a response says beside its records. */
export interface Verdict {
  readonly rcode: number;
  readonly isAuthoritative: boolean;
}

/**
 * The response to a query. `body` is a message with the same question whose records it takes, without OPT; without one there are none.
 * The client's own spelling of the name is repeated, since some check it. What is longer than the client takes is cut to
 * nothing but the question, with the TC bit: the client comes again over TCP (RFC 2181 section 9).
 */
export function makeResponse(query: Query, verdict: Verdict, body?: Uint8Array): Uint8Array<ArrayBuffer> {
  const { message, limit } = query;
  const { edns, questionEnd } = message;
  const head = message.bytes.subarray(0, questionEnd);
  const whole = body === undefined ? head.slice() : body.slice();
  const ednsLength = edns === undefined ? 0 : 11;
  const isCut = whole.length + ednsLength > limit;
  const kept = isCut ? whole.slice(0, questionEnd) : whole;
  kept.set(head.subarray(HEADER_LENGTH), HEADER_LENGTH);
  const view = viewOf(kept);
  const repeated = message.word & (HEADER_BIT.RD | HEADER_BIT.CD);
  const own = HEADER_BIT.QR | HEADER_BIT.RA | (verdict.isAuthoritative ? HEADER_BIT.AA : 0);
  view.setUint16(0, message.id);
  view.setUint16(2, own | repeated | (isCut ? HEADER_BIT.TC : 0) | (verdict.rcode & 15));
  view.setUint16(4, 1);
  if (isCut || body === undefined) for (const count of [6, 8, 10]) view.setUint16(count, 0);
  if (edns === undefined) return kept;
  return appendEdns(kept, { udpSize: UDP_SIZE, version: 0, dnssecOk: edns.dnssecOk }, verdict.rcode);
}
