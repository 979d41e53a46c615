import { UserError } from '../base/errors.ts';
import type { FlowFilter } from '../port/gate-status.ts';
import type { Context } from './command.ts';

/** The options that say which connections are meant. */
export const FLOW_OPTIONS = { address: true, port: true, protocol: true } as const;
export const FLOW_USAGE = '[--address A] [--port N] [--protocol P]';

function isPort(text: string): boolean {
  return /^\d{1,5}$/.test(text) && Number(text) >= 1 && Number(text) <= 65_535;
}

/** @throws UserError for a port that is none; the rest is judged by the box */
export function flowFilter({ flags }: Context): FlowFilter {
  const text = (name: keyof typeof FLOW_OPTIONS): string | undefined => {
    const value = flags.get(name);
    return typeof value === 'string' ? value : undefined;
  };
  const port = text('port');
  if (port !== undefined && !isPort(port))
    throw new UserError(`Cannot look for connections of port "${port}": a port is a number from 1 to 65535`);
  const filter = { address: text('address'), port: port === undefined ? undefined : Number(port) };
  return { ...filter, protocol: text('protocol') };
}
