import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';

/**
 * Where an image is made. What took time is kept under a name that says what it was made from, so that the same inputs are never worked on
 * twice and a changed one is never overlooked.
 */
export class WorkFolder {
  readonly #cache: string;
  readonly #print: (line: string) => void;
  readonly #now: () => number;

  constructor(cache: string, print: (line: string) => void, now: () => number = Date.now) {
    this.#cache = cache;
    this.#print = print;
    this.#now = now;
    mkdirSync(cache, { recursive: true });
  }

  /** Does a piece of work and prints what it is and how long it took. */
  async step<T>(text: string, work: () => Promise<T> | T): Promise<T> {
    const begun = this.#now();
    const result = await work();
    this.#print(`${text}: ${((this.#now() - begun) / 1000).toFixed(1)} s`);
    return result;
  }

  /** The folder that `make` filled when it was last called with these inputs; it is called only if there is none. */
  async kept(
    name: string,
    inputs: readonly unknown[],
    make: (folder: string) => Promise<void> | void,
  ): Promise<string> {
    const key = createHash('sha256').update(JSON.stringify(inputs)).digest('hex').slice(0, 32);
    const folder = join(this.#cache, `${name}-${key}`);
    if (existsSync(folder)) return folder;
    // Under another name until it is whole: a build that was interrupted leaves nothing that looks finished.
    const unfinished = `${folder}.${process.pid}`;
    rmSync(unfinished, { recursive: true, force: true });
    mkdirSync(unfinished, { recursive: true });
    await make(unfinished);
    renameSync(unfinished, folder);
    return folder;
  }

  /** An empty folder for one run. */
  fresh(name: string): string {
    const folder = join(this.#cache, `run-${process.pid}`, name);
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    return folder;
  }

  /** Takes away what {@link fresh} made. */
  clear(): void {
    rmSync(join(this.#cache, `run-${process.pid}`), { recursive: true, force: true });
  }
}
