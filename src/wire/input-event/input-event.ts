/** What the kernel tells of an input device (struct input_event of linux/input.h on 64-bit machines, little-endian). */
export interface InputEvent {
  readonly type: number;
  readonly code: number;
  readonly value: number;
}

/** Kinds of events (linux/input-event-codes.h) that mean something to the box. */
export const EV = { SYN: 0, KEY: 1 } as const;
/** Events were lost since the last look: nothing that was known of keys holds (Documentation/input/event-codes.rst). */
export const SYN_DROPPED = 3;
/** Values of a key; while it is held the kernel may repeat it. */
export const KEY = { UP: 0, DOWN: 1, REPEATED: 2 } as const;

/**
 * ```
 * 0   s64  seconds         8  s64  microseconds
 * 16  u16  type           18  u16  code           20  s32  value
 * ```
 */
const INPUT_EVENT_SIZE = 24;
const TYPE = 16;

/** All whole events of a stream, and what is left of it. Every sequence of octets is some events. */
export function decodeInputEvents(octets: Uint8Array): {
  readonly events: readonly InputEvent[];
  readonly rest: Uint8Array;
} {
  const view = new DataView(octets.buffer, octets.byteOffset, octets.byteLength);
  const count = Math.floor(octets.length / INPUT_EVENT_SIZE);
  const events = Array.from({ length: count }, (_, number) => {
    const at = number * INPUT_EVENT_SIZE + TYPE;
    return {
      type: view.getUint16(at, true),
      code: view.getUint16(at + 2, true),
      value: view.getInt32(at + 4, true),
    };
  });
  return { events, rest: octets.slice(count * INPUT_EVENT_SIZE) };
}
