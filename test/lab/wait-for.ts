import { setTimeout as delay } from 'node:timers/promises';

/** Generous on purpose: a slow machine must not fail a test, and a condition that holds ends the wait at once. */
export const PATIENCE = 30_000;
const POLL_INTERVAL = 20;

/**
 * Waits until `probe` returns something other than `undefined` or `false`, and returns that.
 * For what announces itself by no event of its own; a log line is waited for by `LogFile.line`.
 */
export async function waitFor<T>(
  what: string,
  probe: () => T | undefined | false | Promise<T | undefined | false>,
  patience: number = PATIENCE,
): Promise<T> {
  const deadline = performance.now() + patience;
  for (;;) {
    const found = await probe();
    if (found !== undefined && found !== false) return found;
    if (performance.now() > deadline) throw new Error(`Waited ${patience} ms in vain for ${what}`);
    await delay(POLL_INTERVAL);
  }
}
