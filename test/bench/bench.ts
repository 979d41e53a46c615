// npm run bench [-- NAME ... --json FILE]: runs us and our peers side by side, alternating, and prints a table of medians.
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { cpus, release } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { parseArgs } from 'node:util';
import { UserError, messageOf } from '../../src/base/errors.ts';
import { applyBench } from './apply-bench.ts';
import { dhcpBench } from './dhcp-bench.ts';
import { dhcpWearBench } from './dhcp-wear-bench.ts';
import type { Bench, Figure } from './figure.ts';
import { forwardBench } from './forward-bench.ts';
import { mailInBench } from './mail-in-bench.ts';
import { mailStoreBench } from './mail-store-bench.ts';
import { mailOutBench } from './mail-out-bench.ts';
import { mailWearBench } from './mail-wear-bench.ts';
import { median } from './median.ts';
import { memoryBench } from './memory-bench.ts';
import { resultTable } from './result-table.ts';
import { startBench } from './start-bench.ts';

const BENCHES: Readonly<Record<string, Bench>> = {
  start: startBench,
  memory: memoryBench,
  dhcp: dhcpBench,
  'dhcp-wear': dhcpWearBench,
  forward: forwardBench,
  apply: applyBench,
  'mail-out': mailOutBench,
  'mail-in': mailInBench,
  'mail-wear': mailWearBench,
  'mail-store': mailStoreBench,
};
const root = join(import.meta.dirname, '../..');

interface Wanted {
  readonly names: readonly string[];
  readonly json: string | undefined;
}

const SYNTAX = { allowPositionals: true, options: { json: { type: 'string' } } } as const;

function parsed(): ReturnType<typeof parseArgs<typeof SYNTAX>> {
  try {
    return parseArgs(SYNTAX);
  } catch (error) {
    throw new UserError(
      `Cannot run a bench: ${messageOf(error)}; wanted is "npm run bench -- [NAME ...] [--json FILE]"`,
    );
  }
}

function readArguments(): Wanted {
  const { values, positionals } = parsed();
  for (const name of positionals)
    if (!Object.hasOwn(BENCHES, name))
      throw new UserError(`Cannot run the bench "${name}": there are ${Object.keys(BENCHES).join(', ')}`);
  return { names: positionals.length === 0 ? Object.keys(BENCHES) : positionals, json: values.json };
}

function build(): void {
  const { status } = spawnSync('node', ['build/bundle.ts'], { cwd: root, stdio: 'inherit' });
  if (status !== 0) throw new UserError('Cannot run a bench: the bundle did not build, see above');
}

function writeJson(path: string, figures: readonly Figure[], failures: readonly string[]): void {
  const machine = { cpus: cpus().length, model: cpus()[0]?.model, kernel: release(), node: process.version };
  const results = figures.map((figure) => ({
    ...figure,
    median: median(figure.ours),
    peerMedians: Object.fromEntries(
      Object.entries(figure.peers).map(([peer, values]) => [peer, median(values)]),
    ),
  }));
  writeFileSync(path, `${JSON.stringify({ machine, results, failures }, undefined, 2)}\n`);
}

async function main(): Promise<void> {
  const { names, json } = readArguments();
  build();
  const figures: Figure[] = [];
  const failures: string[] = [];
  for (const name of names) {
    process.stderr.write(`bench: ${name} ...\n`);
    try {
      figures.push(...((await BENCHES[name]?.()) ?? []));
    } catch (error) {
      failures.push(`Cannot finish the bench "${name}": ${messageOf(error)}`);
    }
  }
  if (figures.length > 0) process.stdout.write(`\n${resultTable(figures)}\n`);
  if (json !== undefined) writeJson(json, figures, failures);
  for (const failure of failures) process.stderr.write(`\n${failure}\n`);
  if (failures.length > 0) process.exitCode = 1;
}

try {
  await main();
} catch (error) {
  if (!(error instanceof UserError)) throw error;
  process.stderr.write(`bench: ${error.message}\n`);
  process.exitCode = 2;
}
process.exit();
