import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** What is left in memory then is held. */
export function collectGarbage(): void {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  collect();
}
