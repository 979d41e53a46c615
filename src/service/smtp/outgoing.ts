import type { Timestamp } from '../../base/instant.ts';
import type { SuccessReport } from '../../engine/mail-routing/plan-delivery.ts';

/** Who is at the other end of a session. */
export interface RelayClient {
  readonly address: string;
  readonly isLan: boolean;
  /** The name of the user who is logged in. */
  readonly user: string | undefined;
}

/** What the sender of a message wants to be told of its delivery here (RFC 3461 §5.2). */
export interface DeliveryReport {
  /** Never empty: the null sender is told nothing. */
  readonly sender: string;
  /** ENVID as it was given: xtext. */
  readonly envelopeId: string | undefined;
  readonly returns: 'full' | 'headers' | undefined;
  /** When it came. */
  readonly time: Timestamp;
  readonly recipients: readonly SuccessReport[];
  readonly message: Uint8Array;
}

/** A recipient whose sender is told that the mailbox behind the address is full. */
export interface FullRecipient {
  readonly address: string;
  readonly originalRecipient: string | undefined;
}

/** A message that was stored for others, while these recipients could not get it. */
export interface FailureReport extends Omit<DeliveryReport, 'recipients'> {
  /** May be empty: then the postmaster is told. */
  readonly sender: string;
  readonly recipients: readonly FullRecipient[];
}

/** Mail for other hosts. Without it recipients elsewhere are refused, as are aliases that lead there. */
export interface Outgoing {
  mayRelay(client: RelayClient): boolean;
  /** Called after the message is stored; must not throw. */
  reportDelivery(report: DeliveryReport): void;
  /** Returns the message to its sender (RFC 3464); on stable storage when it resolves. */
  reportFailure(report: FailureReport): Promise<void>;
}
