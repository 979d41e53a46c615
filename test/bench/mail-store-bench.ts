import { mkdirSync, mkdtempSync, readdirSync, rmSync, statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { UserError } from '../../src/base/errors.ts';
import { outputOf } from '../lab/run-command.ts';
import type { Figure } from './figure.ts';
import type { DeliverResult } from './mail-deliver-program.ts';
import type { OpenResult } from './mail-open-program.ts';
import { POST_FLAGS } from '../../src/role/post-flags.ts';

const STORED = 100_000;
const STORED_SIZE = 4096;
const OPENINGS = 3;
const PATIENCE = 600_000;
const TMPFS = 0x0102_1994;
/** As the roles run. */
const FLAGS = [...POST_FLAGS, '--disable-warning=ExperimentalWarning'];
const ENVIRONMENT = { MALLOC_ARENA_MAX: '1' };

interface Load {
  readonly name: string;
  readonly size: number;
  readonly atOnce: number;
  readonly count: number;
}

const LOADS: readonly Load[] = [
  { name: '4 KiB, 20 at once', size: 4096, atOnce: 20, count: 4000 },
  { name: '4 KiB, 1 at a time', size: 4096, atOnce: 1, count: 500 },
  { name: '50 KiB, 20 at once', size: 51_200, atOnce: 20, count: 1000 },
  { name: '50 KiB, 1 at a time', size: 51_200, atOnce: 1, count: 300 },
];

/** What the mail store alone takes: to open with a hundred thousand messages, in memory, and on the disk for each message. */
export async function mailStoreBench(): Promise<readonly Figure[]> {
  const directory = mkdtempSync(join(tmpdir(), 'gatepost-mail-bench-'));
  try {
    if (statfsSync(directory).type === TMPFS)
      throw new UserError(
        `Cannot count bytes written: ${directory} is in memory, a file system on a disk is wanted`,
      );
    return [...(await openFigures(directory)), ...(await wearFigures(directory))];
  } finally {
    rmSync(directory, { recursive: true });
  }
}

async function openFigures(directory: string): Promise<Figure[]> {
  const [full, empty] = ['full', 'empty'].map((name) => join(directory, name));
  if (full === undefined || empty === undefined) return [];
  mkdirSync(full);
  mkdirSync(empty);
  await program<DeliverResult>('mail-deliver', full, [STORED, STORED_SIZE, 250]);
  const warm: OpenResult[] = [];
  const cold: OpenResult[] = [];
  const nothing: OpenResult[] = [];
  for (let round = 0; round < OPENINGS; round++) {
    await forgetPages(join(full, 'mail'));
    cold.push(await program<OpenResult>('mail-open', full));
    warm.push(await program<OpenResult>('mail-open', full));
    nothing.push(await program<OpenResult>('mail-open', empty));
  }
  const name = `${STORED} messages of ${STORED_SIZE} octets`;
  const perMessage = (value: (result: OpenResult) => number): number[] =>
    warm.map((result, round) => {
      const without = nothing[round];
      return (value(result) - (without === undefined ? 0 : value(without))) / STORED;
    });
  return [
    figure(
      `${name}: opened, pages cached`,
      'ms',
      warm.map(({ milliseconds }) => milliseconds),
    ),
    figure(
      `${name}: opened, pages not cached`,
      'ms',
      cold.map(({ milliseconds }) => milliseconds),
    ),
    figure(
      `${name}: memory held, each`,
      'bytes',
      perMessage(({ held }) => held),
    ),
    figure(
      `${name}: process larger, each`,
      'bytes',
      perMessage(({ resident }) => resident),
    ),
  ];
}

async function wearFigures(directory: string): Promise<Figure[]> {
  const figures: Figure[] = [];
  for (const [index, { name, size, atOnce, count }] of LOADS.entries()) {
    const place = join(directory, `load${index}`);
    mkdirSync(place);
    const result = await program<DeliverResult>('mail-deliver', place, [count, size, atOnce]);
    figures.push(
      figure(`${name}: written, each`, 'bytes', [result.written / count]),
      figure(`${name}: syncs, each`, '', [result.syncs / count]),
      figure(`${name}: stored`, '/s', [count / (result.milliseconds / 1000)]),
    );
  }
  return figures;
}

function figure(name: string, unit: string, ours: readonly number[]): Figure {
  return { bench: 'mail store', name, unit, ours, peers: {} };
}

async function program<T>(name: string, directory: string, numbers: readonly number[] = []): Promise<T> {
  const file = join(import.meta.dirname, `${name}-program.ts`);
  const words = [process.execPath, ...FLAGS, '--expose-gc', file, directory, ...numbers.map(String)];
  return JSON.parse(await outputOf(words, { patience: PATIENCE, env: ENVIRONMENT })) as T;
}

/** Has the kernel drop what it has cached of the files of a directory; others keep theirs. */
async function forgetPages(directory: string): Promise<void> {
  for (const name of readdirSync(directory, { withFileTypes: true })) {
    const path = join(directory, name.name);
    if (name.isFile())
      await outputOf([
        'dd',
        `of=${path}`,
        'oflag=nocache',
        'conv=notrunc,fdatasync',
        'count=0',
        'status=none',
      ]);
  }
}
