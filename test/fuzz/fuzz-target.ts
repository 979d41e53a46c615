/** Something that takes bytes of a peer. */
export interface FuzzTarget {
  readonly name: string;
  /** Inputs of the short run with every test, where not the usual number: a dialogue costs more than a packet. */
  readonly executions?: number;
  /** A fresh start: what it gives takes one input after the other and may remember them. */
  open(): FuzzRun;
}

/**
 * Takes one input and says in a word or two what came of it; two inputs with the same words are held to have taken the
 * same way. Refuses by DecodeError; whatever else it throws is a fault.
 */
export type FuzzRun = (input: Uint8Array) => string | Promise<string>;
