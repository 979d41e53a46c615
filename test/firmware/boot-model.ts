import {
  type Slot,
  type SlotState,
  decodeSlotState,
  encodeSlotState,
  newestSlotState,
} from '../../src/wire/slot-state/slot-state.ts';

/** What a start of the board finds. */
export interface Situation {
  /** The two sectors of the slot state. */
  readonly copies: readonly [Uint8Array, Uint8Array];
  /** Slots whose boot.env, kernel and initramfs are there and undamaged. */
  readonly whole: ReadonlySet<Slot>;
  /** Whether somebody presses Ctrl-C at the console. */
  readonly isOtherWished: boolean;
}

export interface Start {
  /** Undefined if no system can be started. */
  readonly slot: Slot | undefined;
  /** The system is told that the good one could not be loaded. */
  readonly isFallback: boolean;
  readonly copies: readonly [Uint8Array, Uint8Array];
}

/** What firmware/boot.cmd does: the model that U-Boot's runs of it are compared with. */
export function startOf({ copies, whole, isOtherWished }: Situation): Start {
  const state = newestSlotState(copies);
  const tried = state?.trial ?? (isOtherWished ? state?.spare : undefined);
  const good = state?.good ?? 'a';
  const usual = [tried, good].find((slot) => slot !== undefined && whole.has(slot));
  const other = otherOf(good);
  return {
    slot: usual ?? (whole.has(other) ? other : undefined),
    isFallback: usual === undefined && whole.has(other),
    copies: state === undefined || tried === undefined ? copies : noteTried(copies, state, tried),
  };
}

export function otherOf(slot: Slot): Slot {
  return slot === 'a' ? 'b' : 'a';
}

/** Only the copy that does not count is written. */
function noteTried(
  [first, second]: Situation['copies'],
  { counter, good, spare }: SlotState,
  tried: Slot,
): Situation['copies'] {
  return withNext([first, second], { counter: counter + 1, good, spare, tried });
}

/** Puts a state in the place of the copy that does not count. */
export function withNext([first, second]: Situation['copies'], state: SlotState): Situation['copies'] {
  const next = encodeSlotState(state);
  const counter = newestSlotState([first, second])?.counter;
  return isValid(first) && decodeSlotState(first).counter === counter ? [first, next] : [next, second];
}

function isValid(copy: Uint8Array): boolean {
  return newestSlotState([copy]) !== undefined;
}
