import { DecodeError } from '../../base/errors.ts';
import { EVERYWHERE4 } from '../../base/prefix.ts';
import { decodeAll, encodeAll } from '../../wire/field/codec.ts';
import { codeOfOption } from '../../wire/dhcp4/options.ts';
import { type StaticRoute, classlessRoutes } from '../../wire/dhcp4/routes.ts';
import type { Dhcp4ServerOptions } from './options.ts';

/** With option 121 also its forerunner of Windows, which has the same layout. */
const ROUTE_OPTIONS = [codeOfOption('classlessRoutes'), 249];
const ROUTERS = codeOfOption('routers');

function tryRoutes(bytes: Uint8Array): readonly StaticRoute[] | undefined {
  try {
    return decodeAll(classlessRoutes, bytes);
  } catch (error) {
    if (error instanceof DecodeError) return undefined;
    throw error;
  }
}

/**
 * The owner's options, with the default route added to classless routes that have none: a client that reads them must
 * ignore the routers of option 3 (RFC 3442), and would have no way out.
 */
export function withDefaultRoute({ custom, routers }: Dhcp4ServerOptions): ReadonlyMap<number, Uint8Array> {
  const [router] = routers;
  if (router === undefined || custom.has(ROUTERS)) return custom;
  const whole = new Map(custom);
  for (const code of ROUTE_OPTIONS) {
    const bytes = custom.get(code);
    const routes = bytes && tryRoutes(bytes);
    if (routes === undefined || routes.some(({ destination }) => destination.length === 0)) continue;
    whole.set(code, encodeAll(classlessRoutes, [...routes, { destination: EVERYWHERE4, router }]));
  }
  return whole;
}
