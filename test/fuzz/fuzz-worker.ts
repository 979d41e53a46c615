import { setImmediate as turn } from 'node:timers/promises';
import { parentPort, workerData } from 'node:worker_threads';
import { messageOf } from '../../src/base/errors.ts';
import { toHex } from '../../src/base/hex.ts';
import { keepFound, readCorpus } from './corpus.ts';
import { Fuzzer } from './fuzzer.ts';
import { heapInUse } from './memory.ts';
import { TARGETS } from './targets.ts';

export interface FuzzOrder {
  readonly target: string;
  readonly seed: number;
  readonly minutes: number;
  /** Whether inputs that led to something new are written into the corpus. */
  readonly keep: boolean;
  /** The number of the execution, the length of its input, and the input, for whoever finds us stuck. */
  readonly progress: SharedArrayBuffer;
}

export interface FuzzReport {
  readonly executions: number;
  readonly outcomes: number;
  readonly found: number;
  /** Bytes in use a tenth of the time after the start, and at the end. */
  readonly memory: readonly [early: number, end: number];
  readonly faults: readonly { readonly execution: number; readonly input: string; readonly error: string }[];
}

export const PROGRESS_HEAD = 8;
/** Between two looks at the clock; what was promised meanwhile is kept then, too. */
const INPUTS_PER_TURN = 64;
/** Kept for the runs to come, the shortest first: the corpus is read with every test. */
const MAX_KEPT = 300;

async function run(order: FuzzOrder): Promise<FuzzReport> {
  const target = TARGETS.find(({ name }) => name === order.target);
  if (target === undefined) throw new Error(`no target ${order.target}`);
  const corpus = readCorpus(target.name);
  const fuzzer = new Fuzzer(target, corpus, order.seed);
  await fuzzer.begin();
  const head = new Int32Array(order.progress, 0, 2);
  const shown = new Uint8Array(order.progress, PROGRESS_HEAD);
  const start = performance.now();
  const length = order.minutes * 60_000;
  let early = 0;
  while (performance.now() - start < length && !fuzzer.isExhausted) {
    for (let i = 0; i < INPUTS_PER_TURN; i++) {
      const input = fuzzer.next();
      shown.set(input);
      head[1] = input.length;
      head[0] = fuzzer.executions;
      await fuzzer.execute(input);
    }
    if (early === 0 && performance.now() - start > length / 10) early = heapInUse();
    await turn();
  }
  if (order.keep) {
    const shortest = fuzzer.found.toSorted((a, b) => a.length - b.length).slice(0, MAX_KEPT);
    keepFound(target.name, shortest);
  }
  return {
    executions: fuzzer.executions,
    outcomes: fuzzer.outcomes,
    found: fuzzer.found.length,
    memory: [early, heapInUse()],
    faults: fuzzer.faults.map(({ execution, input, error }) => ({
      execution,
      input: toHex(input),
      error: error instanceof Error ? (error.stack ?? error.message) : messageOf(error),
    })),
  };
}

if (parentPort !== null) parentPort.postMessage(await run(workerData as FuzzOrder), []);
