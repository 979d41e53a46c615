import fc from 'fast-check';
import { SLOTS, type SlotState } from '../../../src/wire/slot-state/slot-state.ts';

export const anySlot = fc.constantFrom(...SLOTS);

/** Every state that there can be, up to a counter. */
export function slotStates(mostCounter: number): fc.Arbitrary<SlotState> {
  return fc.record(
    {
      counter: fc.nat(mostCounter),
      good: anySlot,
      spare: anySlot,
      trial: anySlot,
      tried: anySlot,
      damaged: anySlot,
      failed: fc.integer({ min: 1, max: 9 }),
    },
    { requiredKeys: ['counter', 'good'] },
  );
}
