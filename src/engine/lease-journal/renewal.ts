import { Hours } from '../../base/duration.ts';
import { after } from '../../base/instant.ts';
import type { LeaseBinding } from '../../port/lease-journal.ts';
import { recordable } from './record.ts';

/**
 * How much later than promised a binding's end is recorded. A client that renews is written once in this time, not at each renewal; a client
 * that is gone when the box restarts keeps its address for this much longer. More than a day, so that nothing is
 * written in a day of renewals; not much more, so that a box that is switched off every night does not fill its pool
 * with the guests of last week.
 */
export const EXPIRY_MARGIN = Hours(36);

/** The binding as it is recorded. */
export function withMargin(binding: LeaseBinding): LeaseBinding {
  return recordable({ ...binding, expires: after(binding.expires, EXPIRY_MARGIN) });
}

/**
 * Whether `recorded` does not yet say what `binding` promises: another client, name or beginning, a later end, or an end so
 * much earlier that the civil clock must have been set back or the lease time been cut.
 */
export function needsWrite(recorded: LeaseBinding | undefined, binding: LeaseBinding): boolean {
  if (recorded === undefined) return true;
  const { client, mac, hostName, expires, since } = recordable(binding);
  const isSame =
    recorded.client === client &&
    recorded.mac === mac &&
    recorded.hostName === hostName &&
    recorded.since === since;
  const slack = recorded.expires - expires;
  return !isSame || slack < 0 || slack > 2 * EXPIRY_MARGIN;
}
