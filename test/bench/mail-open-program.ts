// Opens the mail store in the directory named by its argument, in a process of its own, and prints what that took as JSON.
import process from 'node:process';
import { RingLog } from '../../src/io/log/ring-log.ts';
import { NodeClock } from '../../src/io/node/clock.ts';
import { nodeFiles } from '../../src/io/node/files.ts';
import { NodeRandom } from '../../src/io/node/random.ts';
import { openMailStore } from '../../src/service/mail-store/mail-store.ts';

/** What an opening took; the heap is measured after a collection. */
export interface OpenResult {
  readonly milliseconds: number;
  readonly messages: number;
  /** Bytes of memory that the open store holds, and the process is larger by. */
  readonly held: number;
  readonly resident: number;
}

function held(): number {
  global.gc?.();
  global.gc?.();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

const [directory = ''] = process.argv.slice(2);
const clock = new NodeClock();
const log = new RingLog({ clock, print: () => undefined });
const [heldBefore, residentBefore] = [held(), process.memoryUsage.rss()];
const begun = performance.now();
const store = await openMailStore({
  files: nodeFiles(directory),
  clock,
  random: new NodeRandom(),
  log: log.logFor('mail'),
});
const milliseconds = performance.now() - begun;
const messages = store.summaries().reduce((sum, one) => sum + one.messages, 0);
const result: OpenResult = {
  milliseconds,
  messages,
  held: held() - heldBefore,
  resident: process.memoryUsage.rss() - residentBefore,
};
process.stdout.write(`${JSON.stringify(result)}\n`);
await store.close();
