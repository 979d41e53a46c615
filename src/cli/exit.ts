/** Exit codes of every command (architecture: outside contract). */
export const EXIT = { done: 0, refused: 1, usage: 2, notRunning: 3, failed: 4 } as const;
