import { Days, Minutes, Seconds } from '../../base/duration.ts';
import { type Instant, between } from '../../base/instant.ts';

/** What a network card shows of itself now. */
export interface CardLook {
  readonly carrier: boolean;
  /** Packets it has sent, ever. */
  readonly sent: number;
  /** Octets that were handed to it and have not left, of drivers that tell. */
  readonly waiting: number;
  /** How often the kernel has given up waiting for it, ever. */
  readonly timeouts: number;
}

/** `link`: off and on. `driver`: taken from its driver and given back, which begins with the hardware. */
export type CardReset = 'link' | 'driver';

export interface CardState {
  /** When it was last seen to send, or had no reason to. */
  readonly movedAt: Instant;
  readonly sent: number;
  readonly timeouts: number;
  /** When it was given something to send, for the sake of seeing it leave. */
  readonly triedAt: Instant | undefined;
  readonly resets: readonly { readonly at: Instant; readonly how: CardReset }[];
}

export type CardVerdict =
  | { readonly kind: 'well' }
  /** It has had nothing to send for a while: something is to be sent, to see. */
  | { readonly kind: 'try' }
  | { readonly kind: 'reset'; readonly how: CardReset; readonly reason: string }
  /** Resets do not help, or there were too many. */
  | { readonly kind: 'hopeless'; readonly reason: string };

/** A card that has something to send and sends nothing for so long is stuck: the kernel gives its drivers five seconds. */
const STUCK_AFTER = Seconds(20);
/** An office that is silent for so long is rare, and one question costs nothing. */
const TRY_AFTER = Seconds(60);
const TRY_TAKES = Seconds(10);
/** A reset has shown by then whether it has helped: links take some seconds to come up. */
const SETTLES_WITHIN = Seconds(60);
/** A second wedging within so long was not mended by the first reset. */
const SAME_TROUBLE = Minutes(10);
/** More in a day mend nothing, and each cuts the network off for seconds. */
export const MAX_RESETS = 6;
const MEMORY = Days(1);

export function newCard({ sent, timeouts }: CardLook, now: Instant): CardState {
  return { movedAt: now, sent, timeouts, triedAt: undefined, resets: [] };
}

/** Judges a card by what it shows now. Without a carrier it has nobody to send to, and nothing is wrong with it. */
export function watchCard(
  state: CardState,
  look: CardLook,
  now: Instant,
): { readonly state: CardState; readonly verdict: CardVerdict } {
  const resets = state.resets.filter(({ at }) => between(at, now) < MEMORY);
  if (!look.carrier || look.sent !== state.sent)
    return { state: { ...newCard(look, now), resets }, verdict: { kind: 'well' } };
  const still = { ...state, resets };
  const reason = whyStuck(still, look, now);
  if (reason !== undefined) return treated(still, reason, now);
  const isSilent = state.triedAt === undefined && between(state.movedAt, now) >= TRY_AFTER;
  return isSilent
    ? { state: { ...still, triedAt: now }, verdict: { kind: 'try' } }
    : { state: still, verdict: { kind: 'well' } };
}

function whyStuck(
  { movedAt, timeouts, triedAt }: CardState,
  look: CardLook,
  now: Instant,
): string | undefined {
  const still = Math.floor(between(movedAt, now) / Seconds(1));
  if (look.timeouts > timeouts) return 'the kernel has given up waiting for it to send';
  if (look.waiting > 0 && between(movedAt, now) >= STUCK_AFTER)
    return `${look.waiting} octets have been waiting, and nothing has left for ${still} seconds`;
  if (triedAt !== undefined && between(triedAt, now) >= TRY_TAKES)
    return `what it was given to send has not left, nor anything else for ${still} seconds`;
  return undefined;
}

/** The mildest that has not just been tried in vain. */
function treated(
  state: CardState,
  reason: string,
  now: Instant,
): { readonly state: CardState; readonly verdict: CardVerdict } {
  const last = state.resets.at(-1);
  const since = last === undefined ? undefined : between(last.at, now);
  if (since !== undefined && since < SETTLES_WITHIN) return { state, verdict: { kind: 'well' } };
  const isAgain = since !== undefined && since < SAME_TROUBLE;
  if (state.resets.length >= MAX_RESETS || (isAgain && last?.how === 'driver'))
    return { state, verdict: { kind: 'hopeless', reason } };
  const how = isAgain ? 'driver' : 'link';
  const resets = [...state.resets, { at: now, how } as const];
  return { state: { ...state, resets }, verdict: { kind: 'reset', how, reason } };
}
