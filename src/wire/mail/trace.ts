import { concatBytes } from '../../base/bytes.ts';
import type { Timestamp } from '../../base/instant.ts';
import { utf8 } from '../../base/text.ts';
import { isHostName } from '../smtp/mailbox-name.ts';
import { formatMailDate } from './date.ts';

/** The encrypted connection a message came by. */
export interface TraceTls {
  /** `TLSv1.3` */
  readonly version: string;
  /** The name in the IANA registry, `TLS_AES_256_GCM_SHA384`. */
  readonly cipher: string;
}

/** Where a message came from, as it may be told to whoever reads it. */
export type TraceSource =
  | {
      readonly kind: 'host';
      /** What the client called itself; used only if it is a host name or an address literal. */
      readonly helo: string;
      /** IPv4 or IPv6 without brackets. */
      readonly address: string;
    }
  /** A client whose name and address are nobody's business: `note` says what it is, `LAN client`. */
  | { readonly kind: 'private'; readonly note: string };

/** What the trace fields of a message say (RFC 5321 §4.4). */
export interface Trace {
  /** Reverse-path without brackets; empty for the null sender. */
  readonly sender: string;
  readonly source: TraceSource;
  /** The name of this host. */
  readonly by: string;
  /** `ESMTPS`; the registry is in RFC 3848 and RFC 6531 §4.3. */
  readonly protocol: string;
  readonly tls: TraceTls | undefined;
  /** Printable, without spaces; also in the log. */
  readonly id: string;
  /** The recipient of the envelope if it was a single one: naming several would show blind copies. */
  readonly recipient: string | undefined;
  /** Whether that recipient is one of ours, so that Delivered-To is true for every copy and shows when one comes back. */
  readonly isOurs: boolean;
  /** Whether a copy stays here: Return-Path is for final delivery only (RFC 5321 §4.4). */
  readonly isFinal: boolean;
  readonly time: Timestamp;
}

const LITERAL = /^\[[0-9A-Za-z.:]{2,60}\]$/;
// What could end the field or nest a comment.
const UNSAFE = /[\u0000-\u001f\u007f()\\]/g;

function literal(address: string): string {
  return address.includes(':') ? `[IPv6:${address}]` : `[${address}]`;
}

function fromClause(source: TraceSource): string {
  if (source.kind === 'private') return `from unknown (${source.note.replaceAll(UNSAFE, '?')})`;
  const address = literal(source.address);
  const isName = isHostName(source.helo) || LITERAL.test(source.helo);
  return isName ? `from ${source.helo} (${address})` : `from ${address} (${address})`;
}

function received(trace: Trace): string {
  const { tls, recipient } = trace;
  const details = [
    `id ${trace.id}`,
    ...(recipient === undefined ? [] : [`for <${recipient}>`]),
    // RFC 8314 §4.3: the registered name of the cipher suite is a clause of its own.
    ...(tls === undefined ? [] : [`tls ${tls.cipher} (${tls.version})`]),
  ];
  const lines = [
    `Received: ${fromClause(trace.source)}`,
    `by ${trace.by} with ${trace.protocol}`,
    `${details.join('\r\n\t')};`,
    formatMailDate(trace.time),
  ];
  return lines.join('\r\n\t');
}

/** The fields put before a message: Return-Path where a copy stays here, Delivered-To where it is true of all copies, Received. */
export function encodeTrace(trace: Trace): Uint8Array<ArrayBuffer> {
  const { recipient } = trace;
  const fields = [
    ...(trace.isFinal ? [`Return-Path: <${trace.sender}>`] : []),
    ...(recipient !== undefined && trace.isOurs ? [`Delivered-To: ${recipient}`] : []),
    received(trace),
  ];
  return concatBytes(fields.map((field) => utf8(`${field}\r\n`)));
}
