import type { LogEntry } from '../../port/log.ts';

/** The largest distance from 1970 a Date can express (ECMA-262, time values). */
const MAX_DATE = 8.64e15;

/** One line without line end: time in UTC, level in a column of its own, source, text. */
export function formatEntry(entry: LogEntry): string {
  const known = Math.abs(entry.time) <= MAX_DATE;
  const time = known ? new Date(entry.time).toISOString() : '(time unknown)';
  return `${time} ${entry.level.padEnd(6)} ${entry.source}: ${entry.text}`;
}
