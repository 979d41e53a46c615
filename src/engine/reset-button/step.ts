import { Seconds } from '../../base/duration.ts';
import { type Instant, between } from '../../base/instant.ts';
import { EV, type InputEvent, KEY, SYN_DROPPED } from '../../wire/input-event/input-event.ts';

/** Long enough that nobody does it by chance. */
const HOLD = Seconds(10);

/** The button: since when it is held, if its press was seen. */
export interface ButtonState {
  readonly downSince: Instant | undefined;
  /** One press is one reset. */
  readonly isDone: boolean;
}

export const RELEASED: ButtonState = { downSince: undefined, isDone: false };

/**
 * The button behind events of its device. A button that was down before anybody looked counts as stuck: without its press it does nothing,
 * whatever the kernel repeats.
 */
export function pressButton(
  state: ButtonState,
  events: readonly InputEvent[],
  { code, now }: ButtonLook,
): ButtonState {
  let after = state;
  for (const { type, code: what, value } of events) {
    if (type === EV.SYN && what === SYN_DROPPED) after = RELEASED;
    if (type !== EV.KEY || what !== code) continue;
    if (value === KEY.DOWN) after = { downSince: now, isDone: false };
    if (value === KEY.UP) after = RELEASED;
  }
  return after;
}

export interface ButtonLook {
  /** Of the key, as the board names it. */
  readonly code: number;
  readonly now: Instant;
}

/** Whether the button has been held for long enough, told once for each press. */
export function judgeButton(
  state: ButtonState,
  now: Instant,
): { readonly state: ButtonState; readonly isHeld: boolean } {
  const isHeld = !state.isDone && state.downSince !== undefined && between(state.downSince, now) >= HOLD;
  return { state: isHeld ? { ...state, isDone: true } : state, isHeld };
}
