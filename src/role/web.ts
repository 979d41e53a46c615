import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import process from 'node:process';
import { getRequestListener } from '@hono/node-server';
import { messageOf } from '../base/errors.ts';
import { NodeClock } from '../io/node/clock.ts';
import { openParentChannel } from '../io/node/parent-channel.ts';
import { RingLog } from '../io/log/ring-log.ts';
import { controlClient } from '../web/control-client.ts';
import { LiveFeed } from '../web/live-feed.ts';
import { ownersSite } from '../web/site.ts';
import type { FromRole, ToWeb, WebOptions } from './ipc.ts';
import { listen } from './listen.ts';
import { patiently } from './patience.ts';
import type { RunSettings } from './settings.ts';

/** Connections a browser may leave open without a request. */
const IDLE_TIMEOUT = 30_000;
const MAX_CONNECTIONS = 500;

interface Running {
  readonly options: WebOptions;
  readonly server: Server;
}

function readAsset(name: string): string {
  return readFileSync(new URL(`page/${name}`, import.meta.url), 'utf8');
}

/** The `web` role: serves the owner's page; everything it shows comes from the control API. */
export async function startWeb({ run }: RunSettings): Promise<void> {
  const clock = new NodeClock();
  const log = new RingLog({ clock, print: () => undefined });
  const feed = new LiveFeed(controlClient(`${run}/api.sock`), log.logFor('web'));
  let hostNames: readonly string[] = [];
  const site = ownersSite({
    hostNames: () => hostNames,
    feed,
    script: readAsset('live.js'),
    style: readAsset('style.css'),
  });
  const listener = getRequestListener(site.fetch);
  let running: Running | undefined;

  async function configure(options: WebOptions): Promise<void> {
    hostNames = options.hostNames;
    if (running?.options.address === options.address && running.options.port === options.port) return;
    running?.server.close();
    running?.server.closeAllConnections();
    running = undefined;
    const server = createServer(
      { keepAliveTimeout: IDLE_TIMEOUT },
      (request, response) => void listener(request, response),
    );
    server.maxConnections = MAX_CONNECTIONS;
    await patiently(() => listen(server, { host: options.address, port: options.port }));
    running = { options, server };
  }

  function report(options: WebOptions, problem: string | undefined): void {
    const detail = problem ?? `http://${options.address}:${options.port}`;
    parent.send({ kind: 'services', services: [{ name: 'web', ok: problem === undefined, detail }] });
  }

  const parent = openParentChannel<FromRole, ToWeb>({
    onMessage: (message) => {
      if (message.kind === 'stop') process.exit(0);
      configure(message.options).then(
        () => report(message.options, undefined),
        (error: unknown) => report(message.options, messageOf(error)),
      );
    },
    onGone: () => process.exit(0),
  });
  log.subscribe((entry) => parent.send({ kind: 'log', entry }));
  await feed.run();
}
