import type { Problem } from '../../base/errors.ts';
import type { Config } from '../schema.ts';
import { SERVICE_PORTS } from '../service-ports.ts';
import type { Finder } from './finder.ts';

function webProblems({ web }: Config): Problem[] {
  const both =
    web.http === web.https
      ? [{ path: 'web.https', found: String(web.https), wanted: 'a port other than web.http' }]
      : [];
  const taken = (['http', 'https'] as const).flatMap((key) => {
    const service = Object.entries(SERVICE_PORTS).find(
      ([, { protocol, port }]) => protocol === 'tcp' && port === web[key],
    );
    return service === undefined
      ? []
      : [{ path: `web.${key}`, found: String(web[key]), wanted: `a port other than that of ${service[0]}` }];
  });
  return [...both, ...taken];
}

export const WEB_FINDERS: readonly Finder[] = [{ parts: ['web'], find: webProblems }];
