import { readFileSync } from 'node:fs';
import process from 'node:process';
import { messageOf } from '../base/errors.ts';
import { NodeClock } from '../io/node/clock.ts';
import { openParentChannel } from '../io/node/parent-channel.ts';
import { RingLog } from '../io/log/ring-log.ts';
import type { ServiceStatus } from '../port/box.ts';
import { controlClient } from '../web/control-client.ts';
import { frontSite } from '../web/front-site.ts';
import { LiveFeed } from '../web/live-feed.ts';
import { ownersSite } from '../web/site.ts';
import type { FromRole, ToWeb, WebOptions } from './ipc.ts';
import { patiently, takenPort } from './patience.ts';
import type { RunSettings } from './settings.ts';
import { WebPlace } from './web-place.ts';

function readAsset(name: string): string {
  return readFileSync(new URL(`page/${name}`, import.meta.url), 'utf8');
}

/** The web servers of the box, brought to one configuration after the other. */
class WebServers {
  readonly #page: readonly [http: WebPlace, https: WebPlace];
  readonly #front: readonly [http: WebPlace, https: WebPlace];
  #options: WebOptions | undefined;

  constructor(api: string, log: RingLog) {
    const client = controlClient(api);
    const hostNames = (): readonly string[] => this.#options?.hostNames ?? [];
    const site = ownersSite({
      hostNames,
      client,
      feed: new LiveFeed(client, log.logFor('web')),
      script: readAsset('live.js'),
      style: readAsset('style.css'),
    });
    const ports = (): WebOptions['front'] => this.#options ?? { http: 0, https: 0 };
    const front = frontSite({ client, hostNames, ports });
    this.#page = [new WebPlace(site.fetch), new WebPlace(site.fetch)];
    this.#front = [new WebPlace(front.fetch), new WebPlace(front.fetch)];
  }

  async configure(options: WebOptions): Promise<FromRole> {
    this.#options = options;
    const { address: host, http, https, tls, front } = options;
    const isPage = (port: number): boolean => port === http || port === https;
    const wanted = [
      [this.#page[0], { host, port: http }],
      [this.#page[1], { host, port: https, tls }],
      [this.#front[0], isPage(front.http) ? undefined : { host, port: front.http }],
      [this.#front[1], isPage(front.https) ? undefined : { host, port: front.https, tls }],
    ] as const;
    // A port is free for another place only after the one before has let go of it.
    for (const [place, where] of wanted) place.leave(where);
    const results = await Promise.allSettled(
      wanted.map(([place, where]) => patiently(() => place.take(where))),
    );
    const errors = results.map((one): unknown => (one.status === 'rejected' ? one.reason : undefined));
    const page = errors.slice(0, 2).filter((error) => error !== undefined);
    const setup = errors.slice(2).filter((error) => error !== undefined);
    return {
      kind: 'services',
      services: [
        status('web', page, `http://${host}:${http} and https://${host}:${https}`),
        {
          ...status(
            'mail program set-up',
            setup,
            `http://${host}:${front.http} and https://${host}:${front.https}`,
          ),
          isOptional: true,
        },
      ],
      taken: page.map(takenPort).find((sentence) => sentence !== undefined),
    };
  }
}

function status(name: string, errors: readonly unknown[], where: string): ServiceStatus {
  return {
    name,
    ok: errors.length === 0,
    detail: errors.length === 0 ? where : errors.map(messageOf).join('; '),
  };
}

/** The `web` role: serves the owner's page, and settings to mail programs; everything it tells comes from the control API. */
export function startWeb({ run }: RunSettings): void {
  const log = new RingLog({ clock: new NodeClock(), print: () => undefined });
  const servers = new WebServers(`${run}/api.sock`, log);
  // One configuration after the other: a port is free only after the one before has let go of it.
  let turn = Promise.resolve();
  const parent = openParentChannel<FromRole, ToWeb>({
    onMessage: (message) => {
      if (message.kind === 'stop') process.exit(0);
      turn = turn.then(async () => parent.send(await servers.configure(message.options)));
    },
    onGone: () => process.exit(0),
  });
  log.subscribe((entry) => parent.send({ kind: 'log', entry }));
}
