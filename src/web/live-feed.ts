import { messageOf } from '../base/errors.ts';
import type { Log } from '../port/log.ts';
import type { MailQueueView } from '../port/mail-queue-view.ts';
import type { ControlClient } from './control-client.ts';
import { type Snapshot, sections } from './views/sections.ts';

/** How long to wait before following the control API again after it was lost. */
const RETRY = 1000;

/** One stream of the box's changes for all open pages, rendered once for each change; none while no page is open. */
export class LiveFeed {
  readonly #client: ControlClient;
  readonly #log: Log;
  readonly #listeners = new Set<(main: string) => void>();
  #following: AbortController | undefined;
  #rendering = false;

  constructor(client: ControlClient, log: Log) {
    this.#client = client;
    this.#log = log;
  }

  /** Everything the page shows now. */
  async snapshot(): Promise<Snapshot> {
    const [status, leases, names, health, firewall, waiting] = await Promise.all([
      this.#client.get<Snapshot['status']>('/api/status'),
      this.#client.get<Snapshot['leases']>('/api/leases'),
      this.#client.get<Snapshot['names']>('/api/names'),
      this.#client.get<Snapshot['health']>('/api/health'),
      this.#client.get<Snapshot['firewall']>('/api/firewall'),
      this.#waiting(),
    ]);
    return { status, leases, names, health, firewall, waiting };
  }

  /** By destination only: the page is for everybody in the office, and who writes to whom is nobody's business. None while the queue does not run. */
  async #waiting(): Promise<Snapshot['waiting']> {
    try {
      return (await this.#client.get<MailQueueView>('/api/mail/queue')).destinations;
    } catch {
      return [];
    }
  }

  get listeners(): number {
    return this.#listeners.size;
  }

  subscribe(listener: (main: string) => void): () => void {
    this.#listeners.add(listener);
    if (this.#following === undefined) {
      this.#following = new AbortController();
      void this.#follow(this.#following.signal);
    }
    return () => {
      this.#listeners.delete(listener);
      if (this.#listeners.size > 0) return;
      this.#following?.abort();
      this.#following = undefined;
    };
  }

  /** Follows the control API; a restart of `net` is waited for. */
  async #follow(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        await this.#client.follow(() => void this.#render(), signal);
      } catch (error) {
        if (signal.aborted) return;
        this.#log.info(`Lost the control API, trying again: ${messageOf(error)}`);
        await new Promise((resolve) => setTimeout(resolve, RETRY));
      }
    }
  }

  async #render(): Promise<void> {
    // A status that arrives while one is being rendered is shown by the next event at the latest.
    if (this.#rendering || this.#listeners.size === 0) return;
    this.#rendering = true;
    try {
      const main = String(await sections(await this.snapshot()));
      for (const listener of this.#listeners) listener(main);
    } catch (error) {
      this.#log.info(`Cannot refresh the open pages: ${messageOf(error)}`);
    } finally {
      this.#rendering = false;
    }
  }
}
