import { Seconds } from '../base/duration.ts';
import { messageOf } from '../base/errors.ts';
import type { Log } from '../port/log.ts';
import type { MailQueueView } from '../port/mail-queue-view.ts';
import type { ControlClient } from './control-client.ts';
import { type Snapshot, sections } from './views/sections.ts';

/** How long to wait before following the control API again after it was lost. */
const RETRY = Seconds(1);

/** One stream of the box's changes for all open pages, rendered once for each change; none while no page is open. */
export class LiveFeed {
  readonly #client: ControlClient;
  readonly #log: Log;
  /** With what each was sent last. */
  readonly #listeners = new Map<(main: string | null) => void, string | null | undefined>();
  #following: AbortController | undefined;
  #rendering = false;
  /** Something has changed since the rendering began. */
  #isOutdated = false;

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
      return (await this.#client.get<MailQueueView>('/api/mail/queue?entries=0')).destinations;
    } catch {
      return [];
    }
  }

  get listeners(): number {
    return this.#listeners.size;
  }

  /** Calls `listener` with what the page shows now, and whenever that is something else; with null while nobody knows what is so. */
  subscribe(listener: (main: string | null) => void): () => void {
    this.#listeners.set(listener, undefined);
    if (this.#following !== undefined) void this.#render();
    else {
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
        this.#send(null);
        this.#log.info(`Lost the control API, trying again: ${messageOf(error)}`);
        await new Promise((resolve) => setTimeout(resolve, RETRY));
      }
    }
  }

  async #render(): Promise<void> {
    this.#isOutdated = true;
    if (this.#rendering) return;
    this.#rendering = true;
    try {
      while (this.#isOutdated && this.#listeners.size > 0) {
        this.#isOutdated = false;
        this.#send(String(await sections(await this.snapshot())));
      }
    } catch (error) {
      this.#send(null);
      this.#log.info(`Cannot refresh the open pages: ${messageOf(error)}`);
    } finally {
      this.#rendering = false;
    }
  }

  #send(main: string | null): void {
    for (const [listener, last] of this.#listeners) {
      if (last === main) continue;
      this.#listeners.set(listener, main);
      listener(main);
    }
  }
}
