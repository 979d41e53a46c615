import type { Config } from '../../config/schema.ts';
import type { RouteRule, SmartHost } from '../../engine/mail-queue/routing.ts';

type Settings = NonNullable<Config['mail']['smartHost']>;
type Server = Settings['fallbacks'][number];

const PORTS = { starttls: 587, tls: 465, none: 25 } as const;

function smartHostOf({ host, port, security, verify, user, password }: Server): SmartHost {
  const login = user === null || password === null ? undefined : { user, password };
  return { host, port: port ?? PORTS[security], security, verify, login };
}

/** The ways of outgoing mail: the owner's rules, then the relay for everything else. */
export function mailRoutes({ smartHost }: Pick<Config['mail'], 'smartHost'>): RouteRule[] {
  if (smartHost === null) return [];
  const { host, fallbacks, rules } = smartHost;
  const first = host === null ? [] : [smartHostOf({ ...smartHost, host })];
  return [
    ...rules.map(({ from, to, servers }) => ({ from, to, via: servers.map(smartHostOf) })),
    { from: [], to: [], via: [...first, ...fallbacks.map(smartHostOf)] },
  ];
}
