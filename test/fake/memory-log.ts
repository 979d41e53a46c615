import type { Log, LogLevel } from '../../src/port/log.ts';

/** A log that keeps everything: each entry is its level and its sentence. */
export class MemoryLog implements Log {
  readonly entries: { readonly level: LogLevel; readonly text: string }[] = [];

  debug(text: string): void {
    this.entries.push({ level: 'debug', text });
  }
  info(text: string): void {
    this.entries.push({ level: 'info', text });
  }
  notice(text: string): void {
    this.entries.push({ level: 'notice', text });
  }
  warn(text: string): void {
    this.entries.push({ level: 'warn', text });
  }
  error(text: string): void {
    this.entries.push({ level: 'error', text });
  }
  fatal(text: string): void {
    this.entries.push({ level: 'fatal', text });
  }

  /** All sentences, one a line. */
  get text(): string {
    return this.entries.map((entry) => entry.text).join('\n');
  }
}
