/** Where a box keeps its control socket unless `--run` says otherwise. */
export const DEFAULT_RUN_DIRECTORY = '/run/gatepost';
