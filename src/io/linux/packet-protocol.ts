import type { PacketFilter } from '../../port/packet.ts';

/** What the packet worker is started with. */
export interface PacketWorkerData {
  /** Tells the workers of one bundle apart. */
  readonly worker: 'packet';
  /** The event file that wakes the worker. */
  readonly event: number;
  /** One Int32: packets posted to the main thread and not handled there yet. */
  readonly unhandled: SharedArrayBuffer;
}

export type PacketCommand =
  | { readonly kind: 'open'; readonly id: number; readonly device: string; readonly filter: PacketFilter }
  /** The main thread, which sends by itself, met a failure. */
  | { readonly kind: 'failed'; readonly id: number; readonly failure: Failure }
  | { readonly kind: 'close'; readonly id: number }
  /** Is to be answered. */
  | { readonly kind: 'ask' }
  | { readonly kind: 'stop' };

/** A KernelError as plain data: classes do not survive the way between threads. */
export interface Failure {
  readonly operation: string;
  readonly errno: string;
  readonly message: string;
}

export type PacketReport =
  /** `socket` is the open file, `index` the device's number, `mac` its own address. */
  | {
      readonly kind: 'opened';
      readonly id: number;
      readonly socket: number;
      readonly index: number;
      readonly mac: Uint8Array;
    }
  | { readonly kind: 'alive' }
  | { readonly kind: 'refused'; readonly id: number; readonly failure: Failure }
  /** See {@link packetsOf}. */
  | {
      readonly kind: 'packets';
      readonly id: number;
      readonly count: number;
      readonly batch: Uint8Array<ArrayBuffer>;
    }
  /** The device stopped carrying packets. */
  | { readonly kind: 'failed'; readonly id: number; readonly failure: Failure }
  /** It carries them again, perhaps under another number. */
  | { readonly kind: 'recovered'; readonly id: number; readonly index: number };

/**
 * Packets waiting for the main thread; at the cap the worker reads no more until half of them are handled, and the kernel drops
 * what its buffer does not hold: nothing is cheaper in a flood.
 */
export const MAX_UNHANDLED_PACKETS = 1024;
export const RESUME_AT = MAX_UNHANDLED_PACKETS / 2;
