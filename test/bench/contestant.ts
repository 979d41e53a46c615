import type { Namespace } from '../lab/namespace.ts';

/** A set of programs that do what an office needs: we, or a peer. */
export interface Contestant {
  readonly name: string;
  readonly namespace: Namespace;
  /** Address its services answer at. */
  readonly address: string;
  /** Starts everything and returns at once. */
  launch(): void;
  /** Ends everything in order. */
  stop(): Promise<void>;
  /** Takes every process down without a last word and waits for their end. */
  crash(): Promise<void>;
  pids(): Promise<number[]>;
}
