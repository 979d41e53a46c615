import process from 'node:process';
import { messageOf } from '../base/errors.ts';
import { apiClient } from '../cli/client.ts';
import { EXIT } from '../cli/exit.ts';
import type { Action } from '../engine/console/actions.ts';
import { NodeClock } from '../io/node/clock.ts';
import { nodeFiles } from '../io/node/files.ts';
import { nodeTerminals } from '../io/node/terminal.ts';
import { fromUtf8 } from '../base/text.ts';
import type { Files } from '../port/files.ts';
import { type ConsoleBox, ConsoleService } from '../service/console/console.ts';
import { START_FILE } from './start-file.ts';

// console.mjs TTY RUN
const [tty = '', run = ''] = process.argv.slice(2);

/** Where the start of the board leaves what it has found. */
const BOOT = '/run/boot';
const LOG_LINES = 60;

const CALLS: Readonly<Record<Action, readonly [path: string, body: object]>> = {
  restart: ['/api/restart', {}],
  'other-system': ['/api/update/back', {}],
  reset: ['/api/reset', { kind: 'settings' }],
  format: ['/api/data/format', {}],
};

function consoleBox(): ConsoleBox {
  const api = apiClient(run);
  return {
    facts: async () => {
      const [status, health, update, data] = await Promise.all([
        api.get<Awaited<ReturnType<ConsoleBox['facts']>>['status']>('/api/status'),
        api.get<Awaited<ReturnType<ConsoleBox['facts']>>['health']>('/api/health'),
        api.get<Awaited<ReturnType<ConsoleBox['facts']>>['update']>('/api/update'),
        api.get<Awaited<ReturnType<ConsoleBox['facts']>>['data']>('/api/data'),
      ]);
      return { status, health, update, data };
    },
    log: () => api.get(`/api/log?limit=${LOG_LINES}`),
    act: async (action) => {
      const [path, body] = CALLS[action];
      await api.send('POST', path, body);
    },
    starting: () => firstLine(nodeFiles(run), START_FILE),
    bootData: () => firstLine(nodeFiles(BOOT), 'data'),
  };
}

async function firstLine(files: Files, name: string): Promise<string | undefined> {
  const bytes = await files.read(name);
  return bytes === undefined ? undefined : fromUtf8(bytes.subarray(0, 1000)).split('\n', 1)[0];
}

function fail(sentence: string): void {
  process.stderr.write(`${sentence}\n`);
  process.exit(EXIT.failed);
}

try {
  const service = new ConsoleService({
    clock: new NodeClock(),
    box: consoleBox(),
    open: (handlers) => nodeTerminals.open(tty, handlers),
    // Whoever started this starts it again, and finds the line as it is then.
    onGone: (reason) => fail(`The terminal ${tty} is gone: ${reason}`),
  });
  for (const signal of ['SIGTERM', 'SIGINT'] as const)
    process.on(signal, () => {
      service.stop();
      process.exit(EXIT.done);
    });
  process.on('SIGHUP', () => undefined);
} catch (error) {
  fail(messageOf(error));
}
