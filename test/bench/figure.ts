/** One line of the result: what was measured, run by run, for us and for each peer. */
export interface Figure {
  readonly bench: string;
  readonly name: string;
  readonly unit: string;
  readonly ours: readonly number[];
  readonly peers: Readonly<Record<string, readonly number[]>>;
}

/** Measures and returns its figures; throws when it could not run, with the reason. */
export type Bench = () => Promise<readonly Figure[]>;
