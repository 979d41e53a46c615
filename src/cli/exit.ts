/** Exit codes of every command (architecture: outside contract); `restart` is what `run` ends with when the board is to be started again. */
export const EXIT = { done: 0, refused: 1, usage: 2, notRunning: 3, failed: 4, restart: 10 } as const;
