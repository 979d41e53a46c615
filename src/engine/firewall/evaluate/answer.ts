import { NF_CT_STATE } from '../../../wire/nftables/expression/ct.ts';
import { TCP_FLAG } from '../statement.ts';
import type { Refusal } from './outcome.ts';
import { type Packet, type Transport, IPDEFTTL } from './packet.ts';
import { type Surroundings, hopTo, isOwn, ownAddressTowards } from './surroundings.ts';
import { NOT_TRACKED, type Tracking } from './tracking.ts';

/** What the box itself sends to tell the sender of a refused packet. */
export interface Answer {
  readonly packet: Packet;
  readonly tracking: Tracking;
  readonly outDevice: string;
}

/**
 * The answer of a refusal, which passes the rules for what the box sends. It belongs to the connection of the packet it
 * answers, in the other direction (nf_conntrack_attach()). Undefined where it does not leave the box.
 */
export function answerTo(
  refused: { readonly packet: Packet; readonly tracking: Tracking },
  refusal: Refusal,
  surroundings: Surroundings,
): Answer | undefined {
  const { packet, tracking } = refused;
  const hop = isOwn(surroundings, packet.source) ? undefined : hopTo(surroundings, packet.source);
  if (hop === undefined) return undefined;
  const isFromDestination = refusal.with === 'tcp-reset' || isOwn(surroundings, packet.destination);
  const source = isFromDestination ? packet.destination : ownAddressTowards(surroundings, hop);
  const transport = transportOf(packet.transport, refusal);
  return {
    packet: {
      source: source ?? packet.destination,
      destination: packet.source,
      transport,
      sender: null,
      hopLimit: IPDEFTTL,
    },
    tracking: trackingOf(tracking),
    outDevice: hop.device,
  };
}

function transportOf(refused: Transport, refusal: Refusal): Transport {
  if (refusal.with === 'icmp') return { kind: 'icmp', type: refusal.type, code: refusal.code, identifier: 0 };
  const [sourcePort, destinationPort] =
    refused.kind === 'tcp' ? [refused.destinationPort, refused.sourcePort] : [0, 0];
  return { kind: 'tcp', sourcePort, destinationPort, flags: TCP_FLAG.RST | TCP_FLAG.ACK };
}

function trackingOf(tracking: Tracking): Tracking {
  const { connection, direction } = tracking;
  if (connection === undefined) return NOT_TRACKED;
  return {
    ...tracking,
    state: NF_CT_STATE.RELATED,
    direction: direction === 'original' ? 'reply' : 'original',
  };
}
