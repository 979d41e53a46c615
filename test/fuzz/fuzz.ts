// npm run fuzz -- [TARGET ...] [--minutes N] [--seed N] [--keep]: feeds decoders and engines with changed captures, one target
// after the other. Whatever is thrown but a DecodeError, or takes longer than ten seconds, is a fault: exit code 1.
import process from 'node:process';
import { parseArgs } from 'node:util';
import { Worker } from 'node:worker_threads';
import { messageOf } from '../../src/base/errors.ts';
import { toHex } from '../../src/base/hex.ts';
import { type FuzzOrder, type FuzzReport, PROGRESS_HEAD } from './fuzz-worker.ts';
import { MAX_INPUT } from './mutate.ts';
import { TARGETS } from './targets.ts';

const HANG = 10_000;

const SYNTAX = {
  allowPositionals: true,
  options: {
    minutes: { type: 'string', default: '10' },
    seed: { type: 'string', default: '1' },
    keep: { type: 'boolean', default: false },
  },
} as const;

function refuse(reason: string): never {
  process.stderr.write(
    `Cannot fuzz ${reason}; wanted is "npm run fuzz -- [TARGET ...] [--minutes N] [--seed N] [--keep]"\n`,
  );
  process.exit(2);
}

function readCall(): ReturnType<typeof parseArgs<typeof SYNTAX>> {
  try {
    return parseArgs(SYNTAX);
  } catch (error) {
    return refuse(`so: ${messageOf(error)}`);
  }
}

const { values, positionals } = readCall();
for (const name of ['minutes', 'seed'] as const)
  if (!/^\d+(?:\.\d+)?$/.test(values[name])) refuse(`with --${name} ${values[name]}: it is no number`);

function inMebibytes(bytes: number): string {
  return `${(bytes / 2 ** 20).toFixed(1)} MiB`;
}

/** Ends the program with the input that never came back. */
function watch(target: string, progress: SharedArrayBuffer): NodeJS.Timeout {
  const head = new Int32Array(progress, 0, 2);
  let last = -1;
  return setInterval(() => {
    const [execution = 0, length = 0] = head;
    if (execution === last) {
      const input = toHex(new Uint8Array(progress, PROGRESS_HEAD, length));
      process.stdout.write(`${target}: stuck for ${HANG} ms in execution ${execution} with ${input}\n`);
      process.exit(1);
    }
    last = execution;
  }, HANG);
}

function runTarget(target: string): Promise<FuzzReport> {
  const progress = new SharedArrayBuffer(PROGRESS_HEAD + MAX_INPUT);
  const workerData: FuzzOrder = {
    target,
    seed: Number(values.seed),
    minutes: Number(values.minutes),
    keep: values.keep,
    progress,
  };
  const watching = watch(target, progress);
  return new Promise<FuzzReport>((resolve, reject) => {
    const worker = new Worker(new URL('fuzz-worker.ts', import.meta.url), { workerData });
    worker.once('message', resolve);
    worker.once('error', reject);
  }).finally(() => clearInterval(watching));
}

const names = positionals.length > 0 ? positionals : TARGETS.map(({ name }) => name);
const unknown = names.filter((name) => !TARGETS.some((target) => target.name === name));
if (unknown.length > 0)
  refuse(`${unknown.join(', ')}: there are ${TARGETS.map(({ name }) => name).join(', ')}`);
for (const name of names) {
  const { executions, outcomes, found, memory, faults } = await runTarget(name);
  const [early, end] = memory.map(inMebibytes);
  process.stdout.write(
    `${name}: ${executions} executions, ${outcomes} outcomes, ${found} new inputs, ${faults.length} faults, memory ${early} to ${end}\n`,
  );
  for (const { execution, input, error } of faults)
    process.stdout.write(`  execution ${execution} with ${input}\n  ${error.replaceAll('\n', '\n  ')}\n`);
  if (faults.length > 0) process.exitCode = 1;
}
