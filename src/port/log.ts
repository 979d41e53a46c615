import type { Timestamp } from '../base/instant.ts';

/**
 * Who reads it, and how much is hurt: `debug` and `info` are for developers, the rest for the owner;
 * `warn` = one client or message is hurt, `error` = a service, `fatal` = the box.
 */
export const LOG_LEVELS = ['debug', 'info', 'notice', 'warn', 'error', 'fatal'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

export interface LogEntry {
  readonly time: Timestamp;
  readonly level: LogLevel;
  /** The part that speaks: `wan`, `dhcp`, `smtp`. */
  readonly source: string;
  /** One sentence with its values; never a secret, control characters already replaced. */
  readonly text: string;
}

/** A log for one source. */
export interface Log {
  debug(text: string): void;
  info(text: string): void;
  notice(text: string): void;
  warn(text: string): void;
  error(text: string): void;
  fatal(text: string): void;
}
