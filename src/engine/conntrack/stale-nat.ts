import { isIpv4 } from '../../base/address.ts';
import { type Prefix4, contains4 } from '../../base/prefix.ts';
import type { Flow } from './flow.ts';

/**
 * Whether an IPv4 connection goes from the LAN to elsewhere under the LAN's own address. Behind a translated WAN it began
 * while the WAN had no address to translate to, or before the mode was one that translates; as long as its entry lives, no rule of translation is looked at again,
 * and no answer can come.
 */
export function leavesUntranslated(flow: Flow, lan: readonly Prefix4[]): boolean {
  const { source, destination, replyDestination } = flow;
  if (!isIpv4(source.address) || !isIpv4(destination.address)) return false;
  const [from, to] = [source.address, destination.address];
  return (
    replyDestination.address === from &&
    lan.some((network) => contains4(network, from)) &&
    !lan.some((network) => contains4(network, to))
  );
}
