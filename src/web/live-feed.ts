import type { Log } from '../port/log.ts';
import type { ControlClient } from './control-client.ts';
import { type Snapshot, sections } from './views/sections.ts';

/** How long to wait before following the control API again after it was lost. */
const RETRY = 1000;

/** One stream of the box's changes for all open pages, rendered once for each change. */
export class LiveFeed {
  readonly #client: ControlClient;
  readonly #log: Log;
  readonly #listeners = new Set<(main: string) => void>();
  readonly #ended = new AbortController();
  #rendering = false;

  constructor(client: ControlClient, log: Log) {
    this.#client = client;
    this.#log = log;
  }

  /** Everything the page shows now. */
  async snapshot(): Promise<Snapshot> {
    const [status, leases, names, health] = await Promise.all([
      this.#client.get<Snapshot['status']>('/api/status'),
      this.#client.get<Snapshot['leases']>('/api/leases'),
      this.#client.get<Snapshot['names']>('/api/names'),
      this.#client.get<Snapshot['health']>('/api/health'),
    ]);
    return { status, leases, names, health };
  }

  get listeners(): number {
    return this.#listeners.size;
  }

  subscribe(listener: (main: string) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Follows the control API until {@link close}; a restart of `net` is waited for. */
  async run(): Promise<void> {
    while (!this.#ended.signal.aborted) {
      try {
        await this.#client.follow(() => void this.#render(), this.#ended.signal);
      } catch (error) {
        if (this.#ended.signal.aborted) return;
        this.#log.info(`Lost the control API, trying again: ${String(error)}`);
        await new Promise((resolve) => setTimeout(resolve, RETRY));
      }
    }
  }

  close(): void {
    this.#ended.abort();
  }

  async #render(): Promise<void> {
    // A status that arrives while one is being rendered is shown by the next event at the latest.
    if (this.#rendering || this.#listeners.size === 0) return;
    this.#rendering = true;
    try {
      const main = String(await sections(await this.snapshot()));
      for (const listener of this.#listeners) listener(main);
    } catch (error) {
      this.#log.info(`Cannot refresh the open pages: ${String(error)}`);
    } finally {
      this.#rendering = false;
    }
  }
}
