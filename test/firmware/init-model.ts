import type { Slot, SlotState } from '../../src/wire/slot-state/slot-state.ts';
import { newestSlotState } from '../../src/wire/slot-state/slot-state.ts';
import { type Situation, otherOf, withNext } from './boot-model.ts';

const SWITCH_AFTER = 3;
const MOST_FAILED = 8;

export interface FailedStart {
  readonly copies: Situation['copies'];
  /** The slot whose root is damaged. */
  readonly slot: Slot;
  /** Whether every file of the other slot is as it was made. */
  readonly isOtherWhole: boolean;
}

export interface Outcome {
  readonly copies: Situation['copies'];
  /** Seconds until the board restarts. */
  readonly pause: number;
}

/** What firmware/initramfs/slots does: the model that its runs are compared with. */
export function outcomeOf({ copies, slot, isOtherWhole }: FailedStart): Outcome {
  const state: SlotState = newestSlotState(copies) ?? { counter: 0, good: 'a' };
  const counter = state.counter + 1;
  const failed = Math.min((state.failed ?? 0) + 1, MOST_FAILED);
  if (failed >= SWITCH_AFTER && state.good === slot && isOtherWhole)
    return { copies: withNext(copies, { counter, good: otherOf(slot), damaged: slot }), pause: 10 };
  const counted = failed === state.failed ? copies : withNext(copies, { ...state, counter, failed });
  const pause = failed < SWITCH_AFTER ? 10 : Math.min(60 * 2 ** (failed - SWITCH_AFTER), 1800);
  return { copies: counted, pause };
}
