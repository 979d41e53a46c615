import { readFileSync, watch } from 'node:fs';
import { PATIENCE } from './wait-for.ts';

// inotify says when a file grew; this interval only covers a file that does not exist yet.
const RECHECK_INTERVAL = 50;
const TAIL_LINES = 15;

/** A text file that a program appends to, read by tests that wait for a line in it. */
export class LogFile {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  /** Everything written so far; empty while the file does not exist. */
  text(): string {
    try {
      return readFileSync(this.path, 'utf8');
    } catch {
      return '';
    }
  }

  lines(): string[] {
    return this.text()
      .split('\n')
      .filter((line) => line !== '');
  }

  /** The place from which a later `line` looks only at what is new. */
  end(): number {
    return this.text().length;
  }

  /** The last lines, for the text of an error. */
  tail(): string {
    return this.lines().slice(-TAIL_LINES).join('\n');
  }

  /** Waits for the first match of `pattern` in the text from `from` on. */
  async line(
    pattern: RegExp,
    options: { from?: number; patience?: number; signal?: AbortSignal } = {},
  ): Promise<RegExpExecArray> {
    const { from = 0, patience = PATIENCE, signal } = options;
    const deadline = performance.now() + patience;
    for (;;) {
      const match = pattern.exec(this.text().slice(from));
      if (match !== null) return match;
      if (performance.now() > deadline || signal?.aborted === true)
        throw new Error(
          `Cannot find ${pattern} in ${this.path}${signal?.aborted === true ? ': the program ended' : ` within ${patience} ms`}\n${this.tail()}`,
        );
      await this.#growth(signal);
    }
  }

  #growth(signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve) => {
      const end = (): void => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', end);
        watcher?.close();
        resolve();
      };
      const timer = setTimeout(end, RECHECK_INTERVAL);
      const watcher = watchIfThere(this.path, end);
      signal?.addEventListener('abort', end);
    });
  }
}

function watchIfThere(path: string, changed: () => void): ReturnType<typeof watch> | undefined {
  try {
    return watch(path, changed).on('error', changed);
  } catch {
    return undefined;
  }
}
