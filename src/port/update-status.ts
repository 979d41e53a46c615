/** The systems on the card. */
export interface UpdateStatus {
  readonly board: string;
  /** Of the running system. */
  readonly version: string;
  /** The slot it runs from, `a` or `b`. */
  readonly slot: string;
  /** Whether it runs for the first time, and goes if not all works as before. */
  readonly onTrial: boolean;
  /** What went wrong with the last update, or null. */
  readonly problem: string | null;
  /** Of an update that is being installed. */
  readonly progress?: UpdateProgress | undefined;
}

/** How far an update is: every octet is written, then read back. */
export interface UpdateProgress {
  readonly stage: 'writing' | 'verifying';
  readonly done: number;
  readonly octets: number;
}
