import type { Ipv4 } from '../../base/ipv4.ts';
import type { Ipv6 } from '../../base/ipv6.ts';
import type { Flow } from './flow.ts';

/** Where an address is, seen from the box. */
export type Place = 'box' | 'lan' | 'wan';

/** Who began a connection and who answers it, both by their own addresses: behind a port forward the LAN device. */
export interface FlowWay {
  readonly from: Place;
  readonly to: Place;
  /** Whether the caller knows the one who answers under another address or port. */
  readonly isRedirected: boolean;
  /** Whether the one who answers knows the caller under another address. */
  readonly isMasked: boolean;
}

/** The way of a connection, by which it can be judged whether the rules of now would still let it begin. */
export function wayOf(flow: Flow, placeOf: (address: Ipv4 | Ipv6) => Place): FlowWay {
  const { source, destination, replySource, replyDestination } = flow;
  return {
    from: placeOf(source.address),
    to: placeOf(replySource.address),
    isRedirected: destination.address !== replySource.address || destination.port !== replySource.port,
    isMasked: source.address !== replyDestination.address,
  };
}
