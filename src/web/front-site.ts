import { Hono } from 'hono';
import { secureHeaders } from 'hono/secure-headers';
import { addClientSetup } from './client-setup.ts';
import type { ControlClient } from './control-client.ts';
import { hostOf } from './host-of.ts';

export interface FrontSiteOptions {
  readonly client: ControlClient;
  /** Names of the owner's page; the first is the one to recommend. */
  readonly hostNames: () => readonly string[];
  /** Its ports. */
  readonly ports: () => { readonly http: number; readonly https: number };
}

/**
 * What the usual ports of the web lead to on the LAN: settings for mail programs, which ask nowhere else, and for people who leave
 * out the port of the owner's page the way there.
 */
export function frontSite({ client, hostNames, ports }: FrontSiteOptions): Hono {
  const site = new Hono();
  site.use(secureHeaders({ strictTransportSecurity: false }));
  site.use(async (c, next) => {
    c.header('cache-control', 'no-store');
    await next();
  });
  addClientSetup(site, { client, hostNames });
  site.get('*', (c) => {
    const host = hostOf(c.req.header('host'));
    if (!hostNames().includes(host)) return c.notFound();
    const { protocol, pathname, search } = new URL(c.req.url);
    const port = protocol === 'https:' ? ports().https : ports().http;
    return c.redirect(`${protocol}//${host}:${port}${pathname}${search}`);
  });
  site.notFound((c) =>
    c.text(`There is nothing here: the page of the box is at http://${hostNames()[0]}:${ports().http}/`, 404),
  );
  return site;
}
