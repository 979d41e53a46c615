import { setImmediate as turn } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** The least of a measure of memory: collected until no less is left, as another thread gives the memory of array buffers back, in its own time. */
export async function leastHeld(measure: () => number): Promise<number> {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  collect();
  for (let least = measure(); ;) {
    await turn();
    // The next collection waits for the thread of the one before.
    collect();
    const now = measure();
    if (now >= least) return least;
    least = now;
  }
}
