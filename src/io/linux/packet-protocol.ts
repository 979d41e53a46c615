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
  | {
      readonly kind: 'send';
      readonly id: number;
      readonly destination: Uint8Array;
      readonly payload: Uint8Array;
    }
  | { readonly kind: 'close'; readonly id: number }
  | { readonly kind: 'stop' };

/** A KernelError as plain data: classes do not survive the way between threads. */
export interface Failure {
  readonly operation: string;
  readonly errno: string;
  readonly message: string;
}

export type PacketReport =
  /** `mac` is the device's own address. */
  | { readonly kind: 'opened'; readonly id: number; readonly mac: Uint8Array }
  | { readonly kind: 'refused'; readonly id: number; readonly failure: Failure }
  | {
      readonly kind: 'packet';
      readonly id: number;
      readonly source: Uint8Array;
      readonly destination: Uint8Array;
      readonly payload: Uint8Array<ArrayBuffer>;
      readonly checksumReady: boolean;
    }
  /** The device stopped carrying packets (`failure` set) or carries them again. */
  | { readonly kind: 'device'; readonly id: number; readonly failure: Failure | undefined };

/** Packets waiting for the main thread; more are dropped in the worker, as a full socket buffer drops them in the kernel. */
export const MAX_UNHANDLED_PACKETS = 1024;
