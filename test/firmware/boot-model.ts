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
  readonly copies: readonly [Uint8Array, Uint8Array];
}

/** What firmware/boot.cmd does: the model that U-Boot's runs of it are compared with. */
export function startOf({ copies, whole, isOtherWished }: Situation): Start {
  const state = newestSlotState(copies);
  const tried = state?.trial ?? (isOtherWished ? state?.spare : undefined);
  const order = [tried, state?.good ?? 'a', state === undefined ? 'b' : state.spare];
  return {
    slot: order.find((slot) => slot !== undefined && whole.has(slot)),
    copies: state === undefined || tried === undefined ? copies : noteTried(copies, state, tried),
  };
}

/** Only the copy that does not count is written. */
function noteTried(
  [first, second]: Situation['copies'],
  { counter, good, spare }: SlotState,
  tried: Slot,
): Situation['copies'] {
  const next = encodeSlotState({ counter: counter + 1, good, spare, tried });
  return isValid(first) && decodeSlotState(first).counter === counter ? [first, next] : [next, second];
}

function isValid(copy: Uint8Array): boolean {
  return newestSlotState([copy]) !== undefined;
}
