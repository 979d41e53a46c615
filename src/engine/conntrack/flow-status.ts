import type { Ipv4 } from '../../base/ipv4.ts';
import type { Ipv6 } from '../../base/ipv6.ts';
import type { FlowStatus } from '../../port/gate-status.ts';
import { formatFlowEnd } from './flow-end.ts';
import type { Flow } from './flow.ts';
import { protocolName } from './protocol-names.ts';

/**
 * A connection as the control API serves it. `deviceOf` gives the name of the LAN device with this address, its address
 * if it has no name, and null for what is not a LAN device: the box itself and the world.
 */
export function flowStatus(flow: Flow, deviceOf: (address: Ipv4 | Ipv6) => string | null): FlowStatus {
  return {
    id: flow.id,
    protocol: protocolName(flow.protocol),
    state: flow.state ?? null,
    source: formatFlowEnd(flow.source),
    destination: formatFlowEnd(flow.destination),
    replySource: formatFlowEnd(flow.replySource),
    replyDestination: formatFlowEnd(flow.replyDestination),
    // Who answers behind a port forward is the device; what the world called is an address of the box.
    device: deviceOf(flow.source.address) ?? deviceOf(flow.replySource.address),
    sent: flow.sent,
    received: flow.received,
    timeoutSeconds: flow.timeoutSeconds,
  };
}
