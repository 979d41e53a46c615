import process from 'node:process';
import { test } from 'node:test';
import { Worker } from 'node:worker_threads';
import type { HistoryReport } from './office-history.ts';

// GATEPOST_POWER_CUTS=200000 is the long run; some thousand show the same in seconds.
const CUTS = Math.max(5000, Number(process.env['GATEPOST_POWER_CUTS'] ?? 0));
/** Other histories: GATEPOST_POWER_CUTS_SEED=1000. */
const FIRST_SEED = Number(process.env['GATEPOST_POWER_CUTS_SEED'] ?? 1);
const WORKERS = 2;

function history(seed: number): Promise<HistoryReport> {
  const worker = new Worker(new URL('office-history.ts', import.meta.url), { workerData: seed });
  return new Promise((resolve, reject) => {
    worker.once('message', resolve);
    worker.once('error', reject);
    worker.once('exit', () => reject(new Error(`The history with seed ${seed} has ended without a word`)));
  });
}

test('the power goes at every change of the disk under people who send, fetch and delete: no promise of the office is broken', async (t) => {
  const reports: HistoryReport[] = [];
  const sum = (what: keyof HistoryReport): number => reports.reduce((all, one) => all + one[what], 0);
  let seed = FIRST_SEED;
  const work = async (): Promise<void> => {
    while (sum('cuts') < CUTS) reports.push(await history(seed++));
  };
  await Promise.all(Array.from({ length: WORKERS }, work));
  t.diagnostic(
    `${sum('cuts')} power cuts in ${reports.length} histories of ${sum('changes')} changes: ${sum('messages')} messages, 0 lost, ${sum('duplicates')} sent twice`,
  );
});
