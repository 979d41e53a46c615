import type { Slot, SlotState } from '../../wire/slot-state/slot-state.ts';

/** What is known of a start, besides which system it started. */
export type StartFinding =
  | { readonly kind: 'usual' }
  /** The first of a new system, which has to show that it works. */
  | { readonly kind: 'trial' }
  /** The system that was to stay did not. */
  | { readonly kind: 'taken-back' }
  /** The system that should run is damaged on the card, and the other runs until it is installed anew: nothing is there to go back to. */
  | { readonly kind: 'instead'; readonly damaged: Slot; readonly reason: string };

/** Who runs, and whether the boot loader says that it could not load the other. */
export interface Started {
  readonly running: Slot;
  readonly isFallback: boolean;
}

/** Finds out what kind of start this is. That a trial was asked for counts for nothing when the boot loader had no choice. */
export function findStart(state: SlotState | undefined, { running, isFallback }: Started): StartFinding {
  const other = running === 'a' ? 'b' : 'a';
  if (isFallback)
    return {
      kind: 'instead',
      damaged: other,
      reason: 'the boot loader cannot read its kernel or what belongs to it',
    };
  if (state === undefined) return { kind: 'usual' };
  if (state.good !== running) return { kind: 'trial' };
  if (state.damaged === other)
    return {
      kind: 'instead',
      damaged: other,
      reason: 'its files were damaged or could not be read at several starts in a row',
    };
  return { kind: state.tried === undefined ? 'usual' : 'taken-back' };
}
