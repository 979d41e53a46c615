import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/** Bytes in use after everything that is no longer needed was thrown away. */
export function heapInUse(): number {
  collect();
  return process.memoryUsage().heapUsed;
}
