/** A change of the configuration, as `history` lists it. */
export interface ConfigChange {
  readonly number: number;
  readonly time: string;
  /** Who or what made it: `user add alice`, `control API`. */
  readonly cause: string;
}

/** The part of the box that takes changes of the configuration back. */
export interface ConfigHistory {
  /** The latest first; the one before each change is kept. */
  configHistory(): Promise<readonly ConfigChange[]>;
  /** Goes back to the configuration before change `number`, or before the latest; that is a change of its own. Returns what changed. */
  rollbackConfig(number: number | undefined): Promise<readonly string[]>;
}
