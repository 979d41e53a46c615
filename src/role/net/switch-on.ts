import { KernelError } from '../../base/errors.ts';
import { encodeChange } from '../../engine/links/encode-change.ts';
import type { ObservedLink } from '../../engine/links/observed.ts';
import type { Log } from '../../port/log.ts';
import type { NetlinkSession } from '../../port/netlink-session.ts';

/** Switches on those of the devices that are off, each for itself: one that is broken, or was just pulled out, must not keep the others off. */
export async function switchOn(
  links: readonly ObservedLink[],
  { route, log }: { readonly route: Pick<NetlinkSession, 'transaction'>; readonly log: Log },
): Promise<void> {
  for (const { name, index } of links.filter(({ up }) => !up)) {
    try {
      await route.transaction([encodeChange({ kind: 'set-up', device: name, index, up: true })]);
    } catch (error) {
      if (!(error instanceof KernelError)) throw error;
      log.warn(`Cannot switch ${name} on: ${error.message}`);
    }
  }
}
