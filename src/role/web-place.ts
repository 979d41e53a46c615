import { type SiteAddress, type SiteServer, serveSite } from '../web/server.ts';

type Fetch = Parameters<typeof serveSite>[0];

/** A place where a site is served, at one address after the other. */
export class WebPlace {
  readonly #fetch: Fetch;
  #running: { readonly where: string; readonly server: SiteServer } | undefined;

  constructor(fetch: Fetch) {
    this.#fetch = fetch;
  }

  /** Stops listening unless it does where it is wanted next. */
  leave(next: SiteAddress | undefined): void {
    if (this.#running === undefined || (next !== undefined && this.#running.where === keyOf(next))) return;
    this.#running.server.close();
    this.#running = undefined;
  }

  /** Listens there, or takes over another certificate without cutting a connection. @throws KernelError */
  async take(where: SiteAddress | undefined): Promise<void> {
    this.leave(where);
    if (where === undefined) return;
    if (this.#running === undefined)
      this.#running = { where: keyOf(where), server: await serveSite(this.#fetch, where) };
    else if (where.tls !== undefined) this.#running.server.setIdentity(where.tls);
  }
}

/** What a change of cannot be followed without listening anew. */
function keyOf({ host, port, tls }: SiteAddress): string {
  return `${tls === undefined ? 'http' : 'https'} ${host} ${port}`;
}
