import type { Ipv4 } from '../../base/ipv4.ts';
import type { Ipv6 } from '../../base/ipv6.ts';
import { TCP_STATES } from '../../wire/conntrack/constants.ts';
import type { Entry } from '../../wire/conntrack/entry.ts';
import type { Tuple } from '../../wire/conntrack/tuple.ts';
import { PROTOCOL } from '../../wire/ipv4/packet.ts';

/** One end of a connection as packets name it; protocols without ports have none. */
export interface FlowEnd {
  readonly address: Ipv4 | Ipv6;
  readonly port: number | undefined;
}

export interface FlowTraffic {
  readonly packets: number;
  readonly bytes: number;
}

/** A connection the kernel follows. It holds numbers only, none of the bytes it was read from. */
export interface Flow {
  /** With the addresses unique among the connections of one moment. */
  readonly id: number;
  readonly zone: number | undefined;
  /** IANA protocol number. */
  readonly protocol: number;
  /** Of ICMP and ICMPv6: what else tells one exchange from another. */
  readonly icmp: { readonly id: number; readonly type: number; readonly code: number } | undefined;
  /** As the first packet had them. */
  readonly source: FlowEnd;
  readonly destination: FlowEnd;
  /** As answers have them: the reverse of it, but for what is translated. */
  readonly replySource: FlowEnd;
  readonly replyDestination: FlowEnd;
  /** IPS bits. */
  readonly status: number;
  /** Of TCP, in the kernel's spelling. */
  readonly state: string | undefined;
  readonly timeoutSeconds: number;
  /** In the direction of the first packet, and in the other; zero where the kernel does not count. */
  readonly sent: FlowTraffic;
  readonly received: FlowTraffic;
}

function endsOf({ addresses, protocol }: Tuple): { source: FlowEnd; destination: FlowEnd } | undefined {
  const source = addresses?.source4 ?? addresses?.source6;
  const destination = addresses?.destination4 ?? addresses?.destination6;
  if (source === undefined || destination === undefined) return undefined;
  return {
    source: { address: source, port: protocol?.sourcePort },
    destination: { address: destination, port: protocol?.destinationPort },
  };
}

function icmpOf({ protocol = {} }: Tuple): Flow['icmp'] {
  const { icmpId: id = protocol.icmpv6Id } = protocol;
  if (id === undefined) return undefined;
  const { icmpType: type = protocol.icmpv6Type, icmpCode: code = protocol.icmpv6Code } = protocol;
  return { id, type: type ?? 0, code: code ?? 0 };
}

function stateOf({ protocolInfo }: Entry, protocol: number): string | undefined {
  const state = protocol === PROTOCOL.TCP ? protocolInfo?.tcp?.state : undefined;
  return state === undefined ? undefined : (TCP_STATES[state] ?? String(state));
}

function trafficOf(counters: Entry['countersOriginal']): FlowTraffic {
  return { packets: Number(counters?.packets ?? 0n), bytes: Number(counters?.bytes ?? 0n) };
}

/** What an entry of ctnetlink says; undefined for one without addresses in both directions, which no list has. */
export function flowOf(entry: Entry): Flow | undefined {
  const { original = {}, reply = {}, id = 0, status = 0, timeout = 0 } = entry;
  const [there, back] = [endsOf(original), endsOf(reply)];
  const protocol = original.protocol?.number;
  if (there === undefined || back === undefined || protocol === undefined) return undefined;
  return {
    id,
    zone: entry.zone,
    protocol,
    icmp: icmpOf(original),
    source: there.source,
    destination: there.destination,
    replySource: back.source,
    replyDestination: back.destination,
    status,
    state: stateOf(entry, protocol),
    timeoutSeconds: timeout,
    sent: trafficOf(entry.countersOriginal),
    received: trafficOf(entry.countersReply),
  };
}
