import type { Timestamp } from '../base/instant.ts';

/** Where and when a command prints. */
export interface Screen {
  /** By the civil clock. */
  readonly now: Timestamp;
  /** How wide the terminal is; undefined for a file or a pipe, whose lines are for programs. */
  readonly columns: number | undefined;
}
