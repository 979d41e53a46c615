/** What the box does before its control API answers, in the run directory: one sentence. */
export const START_FILE = 'starting';
