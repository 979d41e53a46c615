import { parseMac } from '../../src/base/mac.ts';
import type { ObservedLink } from '../../src/engine/links/observed.ts';

/** A device as the kernel shows it, connected and in use; its MAC address ends in its number. */
export function observedLink(index: number, name: string, more: Partial<ObservedLink> = {}): ObservedLink {
  return {
    index,
    name,
    up: true,
    carrier: true,
    loopback: name === 'lo',
    mac: parseMac(`02:00:00:00:00:0${index}`),
    permanentMac: undefined,
    mtu: 1500,
    master: undefined,
    kind: undefined,
    stats: undefined,
    ...more,
  };
}
