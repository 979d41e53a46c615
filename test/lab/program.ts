import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { LogFile } from './log-file.ts';
import { PROGRAM_ENVIRONMENT } from './program-environment.ts';
import { PATIENCE } from './wait-for.ts';

export interface ProgramOptions {
  /** Where standard output and error go, appended. */
  readonly logPath: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
}

export interface ProgramEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A program that runs until it is stopped; its output is kept in a log file. */
export class Program {
  readonly name: string;
  readonly log: LogFile;
  /** Where this run's output begins in the log, when an earlier run wrote to the same file. */
  readonly logStart: number;
  readonly ended: Promise<ProgramEnd>;
  readonly #child: ChildProcess;
  readonly #over = new AbortController();

  constructor(name: string, argv: readonly string[], options: ProgramOptions) {
    this.name = name;
    this.log = new LogFile(options.logPath);
    this.logStart = this.log.end();
    const [command = '', ...args] = argv;
    // A file, not a pipe: the log is whole even when the test process dies, and /dev/stdout can be opened again.
    const fd = openSync(options.logPath, 'a', 0o644);
    this.#child = spawn(command, args, {
      stdio: ['ignore', fd, fd],
      env: { ...PROGRAM_ENVIRONMENT, ...options.env },
      cwd: options.cwd ?? '/',
      detached: true,
    });
    closeSync(fd);
    this.ended = new Promise((resolve, reject) => {
      this.#child.on('error', reject);
      this.#child.on('exit', (code, signal) => {
        this.#over.abort();
        resolve({ code, signal });
      });
    });
    this.ended.catch(() => {});
  }

  get pid(): number {
    const { pid } = this.#child;
    if (pid === undefined) throw new Error(`Cannot start ${this.name}: is it installed?`);
    return pid;
  }

  get running(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** Waits for a line this run of the program wrote; fails at once when the program ends first. */
  line(pattern: RegExp, patience: number = PATIENCE): Promise<RegExpExecArray> {
    return this.log.line(pattern, { from: this.logStart, patience, signal: this.#over.signal });
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Asks the program to end, waits, and takes it down when it does not within `patience`. */
  async stop(patience: number = PATIENCE): Promise<ProgramEnd> {
    if (this.running) this.kill('SIGTERM');
    const timer = setTimeout(() => this.kill('SIGKILL'), patience);
    try {
      return await this.ended;
    } finally {
      clearTimeout(timer);
    }
  }
}
