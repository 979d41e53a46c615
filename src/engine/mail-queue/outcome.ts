import type { Timestamp } from '../../base/instant.ts';
import type { PeerReply } from '../../port/smtp-client.ts';

/** What an attempt brought for one entry. */
export interface Outcome {
  readonly kind: 'delivered' | 'deferred' | 'failed';
  readonly reply: PeerReply;
  /** The host that said it; undefined if it is the word of this one. */
  readonly host: string | undefined;
  /** Of `delivered`: whether the host takes over the wishes for notices. */
  readonly takesOver: boolean;
  /** Of `deferred`: when it is tried again, if that does not follow from the number of attempts. */
  readonly until?: Timestamp | undefined;
}

/** An outcome decided here. */
export function ownOutcome(kind: 'deferred' | 'failed', enhanced: string, text: string): Outcome {
  return { kind, reply: { code: 0, enhanced, text }, host: undefined, takesOver: false };
}

/** For the list of the queue: `450 4.2.0 Greylisted (mx.elsewhere.example)`. */
export function reasonOf({ reply, host }: Pick<Outcome, 'reply' | 'host'>): string {
  const code = reply.code === 0 ? '' : `${reply.code} `;
  return `${code}${reply.enhanced} ${reply.text}${host === undefined ? '' : ` (${host})`}`;
}
