import { DecodeError } from '../../base/errors.ts';
import { decodeEnvironment, encodeEnvironment } from './environment.ts';

/** The two places on the card that hold a whole system each. */
export const SLOTS = ['a', 'b'] as const;
export type Slot = (typeof SLOTS)[number];

/** Which system the boot loader starts. */
export interface SlotState {
  /** Larger than in the copy before; 0 to 2^32 - 1. */
  readonly counter: number;
  /** The system that is known to work. */
  readonly good: Slot;
  /** Holds another whole system, which may be started by hand. */
  readonly spare?: Slot | undefined;
  /** To be started once, at the next boot. */
  readonly trial?: Slot | undefined;
  /** Was started as a trial and has not been confirmed since. */
  readonly tried?: Slot | undefined;
  /** Its system could not be started again and again, and the good one has taken over from it. */
  readonly damaged?: Slot | undefined;
  /** Starts in a row, 1 to 9, that found the system to be started damaged; the last ones, up to now. */
  readonly failed?: number | undefined;
}

/** One sector, so that a power cut leaves it old, new or damaged, and never touches its neighbours. */
export const SLOT_STATE_SIZE = 512;
const OPTIONAL = ['spare', 'trial', 'tried', 'damaged'] as const;

/** An environment of U-Boot that fills the sector: `counter` in hexadecimal, `failed` as a digit, and a letter for each of the others. */
export function encodeSlotState(state: SlotState): Uint8Array<ArrayBuffer> {
  const given = OPTIONAL.flatMap((name) => (state[name] === undefined ? [] : [[name, state[name]] as const]));
  const failed = state.failed === undefined ? [] : [['failed', `${state.failed}`] as const];
  const variables = new Map([
    ['counter', `0x${state.counter.toString(16)}`],
    ['good', state.good],
    ...given,
    ...failed,
  ]);
  return encodeEnvironment(variables, SLOT_STATE_SIZE);
}

/** Reads one copy. @throws DecodeError if it is damaged, or says what cannot be */
export function decodeSlotState(sector: Uint8Array): SlotState {
  if (sector.length !== SLOT_STATE_SIZE)
    throw new DecodeError(`${sector.length} bytes are no sector`, { offset: 0, path: 'slot state' });
  const variables = decodeEnvironment(sector);
  return {
    counter: counterOf(variables.get('counter')),
    good: slotOf(variables.get('good'), 'good'),
    ...Object.fromEntries(OPTIONAL.flatMap((name) => optional(name, variables))),
    ...failedOf(variables.get('failed')),
  };
}

/** The newer of two copies of which either may be damaged; undefined if both are. */
export function newestSlotState(copies: readonly Uint8Array[]): SlotState | undefined {
  return copies
    .flatMap((copy) => orNothing(copy))
    .reduce<SlotState | undefined>(
      (newest, one) => (newest === undefined || one.counter > newest.counter ? one : newest),
      undefined,
    );
}

function orNothing(copy: Uint8Array): SlotState[] {
  try {
    return [decodeSlotState(copy)];
  } catch (error) {
    if (error instanceof DecodeError) return [];
    throw error;
  }
}

function counterOf(text: string | undefined): number {
  if (text === undefined || !/^0x[0-9a-f]{1,8}$/i.test(text))
    throw new DecodeError('There is no counter', { offset: 0, path: 'slot state/counter' });
  return Number(text);
}

function slotOf(text: string | undefined, name: string): Slot {
  const slot = SLOTS.find((one) => one === text);
  if (slot === undefined)
    throw new DecodeError('There is no such slot', { offset: 0, path: `slot state/${name}` });
  return slot;
}

function optional(name: string, variables: ReadonlyMap<string, string>): [string, Slot][] {
  const text = variables.get(name);
  return text === undefined ? [] : [[name, slotOf(text, name)]];
}

function failedOf(text: string | undefined): Pick<SlotState, 'failed'> {
  if (text === undefined) return {};
  if (!/^[1-9]$/.test(text))
    throw new DecodeError('There is no such number of starts', { offset: 0, path: 'slot state/failed' });
  return { failed: Number(text) };
}
