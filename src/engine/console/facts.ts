import type { BoxStatus, LogLine } from '../../port/box.ts';
import type { HealthReport } from '../../port/health-report.ts';
import type { DataState } from '../../port/machine.ts';
import type { UpdateStatus } from '../../port/update-status.ts';

/** What the box says of itself, as far as it answers. */
export interface BoxFacts {
  readonly status: BoxStatus;
  readonly health: HealthReport;
  readonly update: UpdateStatus | null;
  readonly data: DataState;
}

/** All that the screen is made of. */
export interface ConsoleFacts {
  /** Undefined while its control API does not answer. */
  readonly box: BoxFacts | undefined;
  /** Whether it has answered since the console began. */
  readonly hasAnswered: boolean;
  /** What it does before it answers, one sentence. */
  readonly starting: string | undefined;
  /** What the start of the board has found of the data: `ok`, `repaired`, `grown`, `broken: REASON`. */
  readonly bootData: string | undefined;
}

export const NOTHING_KNOWN: ConsoleFacts = {
  box: undefined,
  hasAnswered: false,
  starting: undefined,
  bootData: undefined,
};

export type Log = readonly LogLine[];
