import { formatAddress, formatEndpoint } from '../../base/address.ts';
import { protocolName } from '../../engine/conntrack/protocol-names.ts';
import { type PacketHeaders, TCP_FLAG } from '../../wire/ip/headers.ts';
import { PROTOCOL } from '../../wire/ipv4/packet.ts';

/** Why a packet was dropped and between which devices. */
export interface DropPlace {
  readonly reason: string;
  readonly from: string | undefined;
  readonly to: string | undefined;
}

/** ICMP types an owner meets (RFC 792, RFC 4443), others are numbers. */
const ICMP_TYPES: Readonly<Record<number, Readonly<Record<number, string>>>> = {
  [PROTOCOL.ICMP]: {
    0: 'echo reply',
    3: 'unreachable',
    5: 'redirect',
    8: 'echo request',
    11: 'time exceeded',
    13: 'timestamp request',
  },
  [PROTOCOL.ICMPV6]: {
    1: 'unreachable',
    2: 'too big',
    3: 'time exceeded',
    128: 'echo request',
    129: 'echo reply',
    133: 'router solicitation',
    134: 'router advertisement',
    135: 'neighbour solicitation',
    136: 'neighbour advertisement',
    137: 'redirect',
  },
};

function flagNames(flags: number): string {
  const names = Object.entries(TCP_FLAG).flatMap(([name, bit]) => ((flags & bit) === 0 ? [] : [name]));
  return names.length === 0 ? 'no flags' : names.join(',');
}

/** `TCP 192.0.2.1:4444 -> 192.0.2.2:23 SYN` */
function describePacket({ source, destination, protocol, transport }: PacketHeaders): string {
  const name = protocolName(protocol).toUpperCase();
  const kind = /^\d/.test(name) ? `protocol ${name}` : name;
  if (transport?.kind === 'tcp' || transport?.kind === 'udp') {
    const from = formatEndpoint({ address: source, port: transport.sourcePort });
    const to = formatEndpoint({ address: destination, port: transport.destinationPort });
    return `${kind} ${from} -> ${to}${transport.kind === 'tcp' ? ` ${flagNames(transport.flags)}` : ''}`;
  }
  const way = `${formatAddress(source)} -> ${formatAddress(destination)}`;
  if (transport === undefined) return `${kind} ${way}`;
  const type = ICMP_TYPES[protocol]?.[transport.type] ?? `type ${transport.type} code ${transport.code}`;
  return `${kind} ${way} ${type}`;
}

/** `Dropped (wan-input): TCP 203.0.113.9:4444 -> 203.0.113.50:23 SYN from wan0` */
export function dropSentence(packet: PacketHeaders | undefined, { reason, from, to }: DropPlace): string {
  const what = packet === undefined ? 'a packet without readable addresses' : describePacket(packet);
  return `Dropped (${reason}): ${what}${from === undefined ? '' : ` from ${from}`}${to === undefined ? '' : ` to ${to}`}`;
}
