import { formatSecond } from '../base/time-text.ts';
import type { LogLine } from '../port/box.ts';
import { type Command, printEither } from './command.ts';

export const logCommand: Command = {
  name: 'log',
  usage: 'log [--level LEVEL] [--limit N] [--json]',
  summary: 'the newest log entries',
  words: [0, 0],
  options: { json: false, level: true, limit: true },
  async run(context) {
    const query = new URLSearchParams();
    for (const key of ['level', 'limit']) {
      const value = context.flags.get(key);
      if (typeof value === 'string') query.set(key, value);
    }
    printEither(
      context,
      await context.api.get<readonly LogLine[]>(`/api/log?${query.toString()}`),
      (entries) =>
        entries.length === 0
          ? 'The log has no such entries.'
          : entries
              .map(
                ({ time, level, source, text }) =>
                  `${formatSecond(time)} ${level.padEnd(6)} ${source}: ${text}`,
              )
              .join('\n'),
    );
  },
};
