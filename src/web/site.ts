import { Hono } from 'hono';
import { secureHeaders } from 'hono/secure-headers';
import { streamSSE } from 'hono/streaming';
import { Seconds } from '../base/duration.ts';
import { tryParseIpv4 } from '../base/ipv4.ts';
import { messageOf } from '../base/errors.ts';
import type { ClientSetup } from '../base/client-setup.ts';
import { addClientSetup } from './client-setup.ts';
import type { ControlClient } from './control-client.ts';
import { hostOf } from './host-of.ts';
import type { LiveFeed } from './live-feed.ts';
import { page, waitingPage } from './views/page.ts';

/** Open pages that are kept live; further ones work but stay as loaded. */
const MAX_LIVE_PAGES = 50;
const KEEP_ALIVE = Seconds(15);

export interface SiteOptions {
  /** Names the page may be called by, besides any IPv4 address: others are a DNS rebinding attempt. */
  readonly hostNames: () => readonly string[];
  readonly client: ControlClient;
  readonly feed: LiveFeed;
  readonly script: string;
  readonly style: string;
}

/** Sends what lives of the page whenever it changes until the browser goes away. */
function liveEvents(site: Hono, feed: LiveFeed): void {
  site.get('/events', (c) => {
    if (feed.listeners >= MAX_LIVE_PAGES)
      return c.text(`Cannot keep more than ${MAX_LIVE_PAGES} pages live: reload to see changes`, 503);
    return streamSSE(c, async (stream) => {
      let latest: string | null | undefined;
      let wake: (() => void) | undefined;
      const stop = feed.subscribe((main) => {
        latest = main;
        wake?.();
      });
      stream.onAbort(() => {
        stop();
        wake?.();
      });
      while (!stream.aborted) {
        if (latest === undefined) {
          await new Promise<void>((resolve) => {
            const timer = setTimeout(resolve, KEEP_ALIVE);
            wake = () => {
              clearTimeout(timer);
              resolve();
            };
          });
        }
        const data = latest;
        latest = undefined;
        // A slow browser gets the newest state, never a queue of old ones.
        if (data === undefined) await stream.write(': still here\n\n');
        else await stream.writeSSE(data === null ? { event: 'lost', data: 'away' } : { event: 'main', data });
      }
    });
  });
}

/** The owner's page: read-only, for the LAN. */
export function ownersSite({ hostNames, client, feed, script, style }: SiteOptions): Hono {
  const site = new Hono();
  site.use(
    secureHeaders({
      contentSecurityPolicy: {
        defaultSrc: ["'none'"],
        scriptSrc: ["'self'"],
        styleSrc: ["'self'"],
        imgSrc: ["'self'", 'data:'],
        connectSrc: ["'self'"],
        frameAncestors: ["'none'"],
        baseUri: ["'none'"],
        formAction: ["'self'"],
      },
      strictTransportSecurity: false,
      xFrameOptions: 'DENY',
    }),
  );
  // Before the names are looked at: on port 80, the page is called by those of mail programs as well.
  addClientSetup(site, { client, hostNames });
  site.use(async (c, next) => {
    const host = hostOf(c.req.header('host'));
    if (tryParseIpv4(host) === undefined && !hostNames().includes(host)) {
      return c.text(
        `Cannot show the page under the name "${host}": use http://${hostNames()[0] ?? 'the address of the box'}`,
        421,
      );
    }
    c.header('cache-control', 'no-store');
    return await next();
  });
  site.get('/', async (c) => {
    try {
      const setup = client.get<ClientSetup>('/api/mail/client-setup');
      return await c.html(page(...(await Promise.all([feed.snapshot(), setup]))));
    } catch (error) {
      return c.html(waitingPage(messageOf(error)), 503);
    }
  });
  site.get('/style.css', (c) => c.body(style, 200, { 'content-type': 'text/css; charset=utf-8' }));
  site.get('/live.js', (c) => c.body(script, 200, { 'content-type': 'text/javascript; charset=utf-8' }));
  liveEvents(site, feed);
  site.notFound((c) => c.text(`Cannot find ${c.req.path}`, 404));
  return site;
}
