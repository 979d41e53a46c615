import { InvariantError } from '../../../base/errors.ts';
import type { Verdict } from '../../../wire/nftables/data.ts';
import type { Place } from './packet.ts';

/** How the sender is told that its packet was not let through. */
export type Refusal =
  | { readonly with: 'tcp-reset' }
  /** ICMP or ICMPv6 by the packet's family (RFC 792, RFC 4443). */
  | { readonly with: 'icmp'; readonly type: number; readonly code: number };

/** What an expression does to the rule it is in. */
export type Outcome =
  /** The next expression. */
  | { readonly kind: 'next' }
  /** The rule does not match. */
  | { readonly kind: 'break' }
  | { readonly kind: 'verdict'; readonly verdict: Verdict }
  | { readonly kind: 'refuse'; readonly refusal: Refusal }
  /** The connection is translated, and the packet accepted by this chain; a port of null stays as it is. */
  | {
      readonly kind: 'translate';
      readonly end: 'source' | 'destination';
      readonly address: Place['address'] | null;
      readonly port: number | null;
    };

export const NEXT: Outcome = { kind: 'next' };
export const BREAK: Outcome = { kind: 'break' };

export function nextIf(condition: boolean): Outcome {
  return condition ? NEXT : BREAK;
}

/** An attribute that the kernel insists on. @throws InvariantError where a rule was made without it */
export function wanted<T>(value: T | undefined, name: string): T {
  if (value === undefined) throw new InvariantError(`Cannot evaluate a rule without ${name}`);
  return value;
}

/** What the evaluator does not know is an error: a rule that it passed over would make its answer wrong. */
export function unknownTo(what: string): never {
  throw new InvariantError(`Cannot evaluate a rule with ${what}: the evaluator does not know it`);
}
