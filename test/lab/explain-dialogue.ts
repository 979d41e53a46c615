import type { Judgement } from '../../src/engine/firewall/evaluate/evaluate.ts';
import { type Packet, type Transport, endsOf, reversed } from '../../src/engine/firewall/evaluate/packet.ts';
import { TCP_FLAG } from '../../src/engine/firewall/statement.ts';
import { hopTo } from '../../src/engine/firewall/evaluate/surroundings.ts';
import { EXPLAIN_SURROUNDINGS, HOSTS, type Sent } from './explain-site.ts';
import { DATA_LENGTH } from './packet-frame.ts';

/* How connections go on that packets began: who got the first one answers, then the first one speaks again. */

/** Tokens of one batch lie below, so that those of its answers are others. */
const NEXT_TOKENS = 1000;

const { SYN, ACK, PSH, FIN, RST } = TCP_FLAG;

/** A first packet that came out at another device, or its answer, and what was predicted of it. */
export interface Turn {
  readonly sent: Sent;
  readonly judgement: Judgement;
}

function wentThrough({ judgement: { verdict, way } }: Turn): boolean {
  return verdict.kind === 'accepted' && way === 'forward';
}

const ECHO_REPLIES: Readonly<Record<number, number>> = { 8: 0, 128: 129 };

/** What a host says back; undefined for what it does not answer, or what conntrack would not take for an answer. */
function backOf(transport: Transport): Transport | undefined {
  switch (transport.kind) {
    case 'tcp': {
      const { flags, sourcePort, destinationPort } = transport;
      if ((flags & (SYN | ACK | FIN | RST)) !== SYN) return undefined;
      return {
        kind: 'tcp',
        sourcePort: destinationPort,
        destinationPort: sourcePort,
        flags: SYN | ACK,
      };
    }
    case 'udp': {
      const { sourcePort, destinationPort } = transport;
      return { kind: 'udp', sourcePort: destinationPort, destinationPort: sourcePort };
    }
    case 'icmp': {
      const type = ECHO_REPLIES[transport.type];
      return type === undefined ? undefined : { ...transport, type };
    }
    case 'other':
    default:
      return undefined;
  }
}

/** The answer of the host that a first packet came to, or undefined where there is none. */
export function answerOf(turn: Turn): Sent | undefined {
  const { sent, judgement } = turn;
  const { ends, outDevice } = judgement;
  if (!wentThrough(turn) || outDevice === null) return undefined;
  const hop = hopTo(EXPLAIN_SURROUNDINGS, ends.destination.address);
  const neighbour = (HOSTS[outDevice] ?? []).find(
    ({ v4, v6 }) => v4 === hop?.neighbour || v6 === hop?.neighbour,
  );
  const { packet, token } = sent;
  const asReceived = withPorts(packet.transport, ends.source.port, ends.destination.port);
  const transport = backOf(asReceived);
  if (transport === undefined || neighbour === undefined) return undefined;
  return {
    inDevice: outDevice,
    packet: {
      source: ends.destination.address,
      destination: ends.source.address,
      transport,
      sender: neighbour.mac,
      hopLimit: 64,
    },
    token: token + NEXT_TOKENS,
    acknowledged: token + 1 + DATA_LENGTH,
    connection: {
      state: 'established',
      direction: 'reply',
      tracked: { original: endsOf(packet), reply: reversed(ends) },
      isAssured: false,
    },
  };
}

function withPorts(transport: Transport, sourcePort: number, destinationPort: number): Transport {
  if (transport.kind === 'icmp') return { ...transport, identifier: sourcePort };
  return transport.kind === 'other' ? transport : { ...transport, sourcePort, destinationPort };
}

/** What who began says next, after an answer that came through to it. */
export function continuationOf({ sent }: Turn, answer: Turn): Sent | undefined {
  const { connection } = answer.sent;
  if (!wentThrough(answer) || connection.state === 'new') return undefined;
  const { packet, token } = sent;
  const next = answer.sent.token + NEXT_TOKENS;
  return {
    ...sent,
    packet: { ...packet, transport: onward(packet) },
    token: next,
    sequence: token + 1 + DATA_LENGTH,
    acknowledged: answer.sent.token + 1 + DATA_LENGTH,
    connection: {
      state: 'established',
      direction: 'original',
      tracked: connection.tracked,
      isAssured: packet.transport.kind === 'tcp',
    },
  };
}

function onward({ transport }: Packet): Transport {
  return transport.kind === 'tcp' ? { ...transport, flags: ACK | PSH } : transport;
}
