import { Milliseconds, Seconds } from '../base/duration.ts';
import { KernelError } from '../base/errors.ts';

/** How long the processes of a killed run may take to let go of their ports. */
const PATIENCE = Seconds(3);
const PAUSE = Milliseconds(100);
const PASSING = ['EADDRINUSE', 'EADDRNOTAVAIL'];

/** The sentence of an error about a port that another program has. */
export function takenPort(error: unknown): string | undefined {
  return error instanceof KernelError && error.errno === 'EADDRINUSE' ? error.message : undefined;
}

/** Tries again for a short while as long as an address is taken, or not there yet. @throws what `action` throws last */
export async function patiently<T>(action: () => Promise<T>): Promise<T> {
  for (let waited = 0; ; waited += PAUSE) {
    try {
      return await action();
    } catch (error) {
      if (!(error instanceof KernelError) || !PASSING.includes(error.errno) || waited >= PATIENCE)
        throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, PAUSE));
  }
}
