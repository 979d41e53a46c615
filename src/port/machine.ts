/** How much a reset takes: the settings, or all that the box has stored. */
export const RESET_KINDS = ['settings', 'everything'] as const;
export type ResetKind = (typeof RESET_KINDS)[number];

/** What a reset of one kind does, line by line. */
export interface ResetScope {
  readonly goes: readonly string[];
  readonly stays: readonly string[];
  /** How it is taken back, or null if it cannot be. */
  readonly undo: string | null;
}

/** How the data of the box are. */
export interface DataState {
  /** The directory they are in. */
  readonly directory: string;
  /** Why they cannot be used and nothing is promised, or null. */
  readonly problem: string | null;
  /** Whether the next start can be asked to format them. */
  readonly canFormat: boolean;
}

/** The part of the box that is about the machine as a whole. */
export interface Machine {
  resetScopes(): Readonly<Record<ResetKind, ResetScope>>;
  /** Notes durably that the box is to be reset, then restarts it; the reset is done before anything else starts. @throws UserError */
  reset(kind: ResetKind): Promise<void>;
  dataState(): DataState;
  /** Has broken data formatted at the next start, and restarts the box. @throws UserError for data that are not broken */
  formatData(): Promise<void>;
  /** Starts the board again. @throws UserError where there is no board, and so nobody to start the program again */
  restart(): void;
}
