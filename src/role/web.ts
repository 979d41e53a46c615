import { readFileSync } from 'node:fs';
import process from 'node:process';
import { messageOf } from '../base/errors.ts';
import { NodeClock } from '../io/node/clock.ts';
import { openParentChannel } from '../io/node/parent-channel.ts';
import { RingLog } from '../io/log/ring-log.ts';
import { controlClient } from '../web/control-client.ts';
import { LiveFeed } from '../web/live-feed.ts';
import { type SiteServer, serveSite } from '../web/server.ts';
import { ownersSite } from '../web/site.ts';
import type { FromRole, ToWeb, WebOptions } from './ipc.ts';
import { patiently, takenPort } from './patience.ts';
import type { RunSettings } from './settings.ts';

function readAsset(name: string): string {
  return readFileSync(new URL(`page/${name}`, import.meta.url), 'utf8');
}

/** The `web` role: serves the owner's page; everything it shows comes from the control API. */
export function startWeb({ run }: RunSettings): void {
  const log = new RingLog({ clock: new NodeClock(), print: () => undefined });
  const feed = new LiveFeed(controlClient(`${run}/api.sock`), log.logFor('web'));
  let hostNames: readonly string[] = [];
  const site = ownersSite({
    hostNames: () => hostNames,
    feed,
    script: readAsset('live.js'),
    style: readAsset('style.css'),
  });
  let running: { readonly options: string; readonly servers: readonly SiteServer[] } | undefined;

  async function configure({ address, http, https, tls, hostNames: names }: WebOptions): Promise<void> {
    hostNames = names;
    const options = JSON.stringify({ address, http, https, tls });
    if (running?.options === options) return;
    for (const server of running?.servers ?? []) server.close();
    const servers: SiteServer[] = [];
    // Kept from the start: if one cannot listen, the next settings have to close the others.
    running = { options: '', servers };
    for (const place of [{ port: http }, { port: https, tls }]) {
      servers.push(await patiently(() => serveSite(site.fetch, { host: address, ...place })));
    }
    running = { options, servers };
  }

  function report({ address, http, https }: WebOptions, error?: unknown): void {
    const detail =
      error !== undefined ? messageOf(error) : `http://${address}:${http} and https://${address}:${https}`;
    parent.send({
      kind: 'services',
      services: [{ name: 'web', ok: error === undefined, detail }],
      taken: takenPort(error),
    });
  }

  // One configuration after the other: a port is free only after the one before has let go of it.
  let turn = Promise.resolve();
  const parent = openParentChannel<FromRole, ToWeb>({
    onMessage: (message) => {
      if (message.kind === 'stop') process.exit(0);
      turn = turn
        .then(() => configure(message.options))
        .then(
          () => report(message.options),
          (error: unknown) => report(message.options, error),
        );
    },
    onGone: () => process.exit(0),
  });
  log.subscribe((entry) => parent.send({ kind: 'log', entry }));
}
