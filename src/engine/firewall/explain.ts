import { formatAddress } from '../../base/address.ts';
import { UserError } from '../../base/errors.ts';
import { parseMac } from '../../base/mac.ts';
import type { ExplainAnswer, ExplainQuestion } from '../../port/gate-status.ts';
import { type Judgement, evaluate } from './evaluate/evaluate.ts';
import { type Packet, type Transport, IPDEFTTL, endsOf, isSamePlace } from './evaluate/packet.ts';
import { TCP_FLAG } from './statement.ts';
import { hopTo, isOwn, ownAddressTowards } from './evaluate/surroundings.ts';
import {
  type End,
  type ExplainFacts,
  type Family,
  familiesOf,
  receiverOf,
  senderOf,
} from './explain-ends.ts';
import { type DecidingLine, decidingLine, placeText, refusalText, stepText } from './explain-words.ts';

/** The first port of those that hosts take for their own end of a connection (RFC 6335 section 6). */
const SENDER_PORT = 49_152;

/** RFC 792 and RFC 4443. */
const ECHO_REQUEST = { 4: 8, 6: 128 } as const;

/** Stands for a neighbour whose MAC address is not known. */
const SOME_MAC = parseMac('02:00:5e:10:00:01');

/**
 * What would happen to the first packet of a connection, and which line of the configuration decides it.
 * @throws UserError for a question that cannot be understood
 */
export function explain(question: ExplainQuestion, facts: ExplainFacts): ExplainAnswer {
  const family = familyFor(question, facts);
  const named = senderOf(question.from, family, facts);
  const receiver = receiverOf(question.to, named, facts);
  const sender = named.side === 'box' ? fromTheBox(named, receiver, facts) : named;
  const sameEnd = endOfBoth(sender, receiver, facts);
  if (sameEnd !== undefined)
    throw new UserError(
      `Cannot explain a connection from "${question.from}" to "${question.to}": both ends are ${sameEnd}`,
    );
  const packet = firstPacket(question.what, sender, receiver, family);
  const elsewhere = besideTheBox(sender, receiver, facts);
  if (elsewhere !== undefined) return besideAnswer(packet, elsewhere);
  const inDevice = sender.side === 'box' ? null : sender.device;
  const arrival = { packet, inDevice, connection: { state: 'new' } } as const;
  const answer = answerOf(packet, evaluate(facts.ruleset, arrival, facts.surroundings));
  const isHidden = answer.verdict !== 'accepted' && sender.side === 'wan' && receiver.side === 'lan';
  return isHidden ? { ...answer, text: `${answer.text}${otherWays(receiver, facts)}` } : answer;
}

/** What both ends are, if they are one: what the box says to itself comes to no rule. */
function endOfBoth(sender: End, receiver: End, { surroundings }: ExplainFacts): string | undefined {
  if (sender.side === 'box' && isOwn(surroundings, receiver.address)) return 'the box itself';
  return sender.address === receiver.address ? formatAddress(sender.address) : undefined;
}

/** Nobody on the WAN can ask for a device by its own address; whoever asks about it wants to know how it is reached. */
function otherWays({ address }: End, { options }: ExplainFacts): string {
  const { mode, forwards, oneToOne, exposedHost } = options;
  if (mode !== 'firewall' && mode !== 'firewall-dmz') return '';
  const lines = [
    ...forwards.flatMap(({ to, enabled, name }, index) =>
      to === address && enabled ? [`firewall.forwards[${index}] "${name}"`] : [],
    ),
    ...oneToOne.flatMap(({ to, name }, index) =>
      to === address ? [`firewall.oneToOne[${index}] "${name}"`] : [],
    ),
    ...(exposedHost === address ? ['firewall.exposedHost'] : []),
  ];
  return lines.length === 0 ? '' : `; an address of the WAN leads to it by ${lines.join(', ')}`;
}

/** The box sends under the address it has on the receiver's side. */
function fromTheBox(named: End, receiver: End, { surroundings }: ExplainFacts): End {
  const hop = hopTo(surroundings, receiver.address);
  const address = hop === undefined ? undefined : ownAddressTowards(surroundings, hop);
  return { ...named, address: address ?? named.address };
}

/** The family both ends can have; IPv4 where both families are possible. */
function familyFor({ from, to }: ExplainQuestion, facts: ExplainFacts): Family {
  const [of, at] = [familiesOf(from, facts), familiesOf(to, facts)];
  const family = ([4, 6] as const).find((one) => of.has(one) && at.has(one));
  if (family !== undefined) return family;
  throw new UserError(
    `Cannot explain a connection from "${from}" to "${to}": one has only an IPv4 and the other only an IPv6 address`,
  );
}

function firstPacket(what: string, sender: End, receiver: End, family: Family): Packet {
  return {
    source: sender.address,
    destination: receiver.address,
    transport: transportOf(what, family),
    sender: sender.side === 'box' ? null : (sender.mac ?? SOME_MAC),
    hopLimit: IPDEFTTL,
  };
}

function transportOf(what: string, family: Family): Transport {
  const text = what.trim().toLowerCase();
  if (text === 'icmp' || text === 'ping')
    return { kind: 'icmp', type: ECHO_REQUEST[family], code: 0, identifier: 1 };
  const match = /^(tcp|udp)\/(\d{1,5})$/.exec(text);
  const destinationPort = Number(match?.[2]);
  if (match === null || destinationPort < 1 || destinationPort > 65_535)
    throw new UserError(
      `Cannot read "${what}" as what is sent: wanted is "tcp/443", "udp/53" with a port from 1 to 65535, or "icmp"`,
    );
  const ports = { sourcePort: SENDER_PORT, destinationPort };
  return match[1] === 'tcp' ? { kind: 'tcp', ...ports, flags: TCP_FLAG.SYN } : { kind: 'udp', ...ports };
}

/** Why the packet never comes to the box, if it does not. */
function besideTheBox(sender: End, receiver: End, { surroundings }: ExplainFacts): string | undefined {
  if (sender.side === 'box' || receiver.side === 'box' || sender.side !== receiver.side) return undefined;
  if (sender.side === 'wan') return 'both ends are beyond the WAN';
  const isOneLink =
    sender.device === receiver.device &&
    hopTo(surroundings, receiver.address)?.neighbour === receiver.address;
  return isOneLink
    ? 'devices of one LAN reach one another without it, so no line of the configuration can stop them'
    : undefined;
}

function besideAnswer(packet: Packet, reason: string): ExplainAnswer {
  return {
    verdict: 'accepted',
    way: 'past the box',
    decidedBy: 'always',
    text: `${subjectText(packet)} does not come to the box: ${reason}`,
    destination: null,
    source: null,
    steps: [],
  };
}

const WAYS = { input: 'to the box', forward: 'through the box', output: 'from the box' } as const;

function answerOf(packet: Packet, judgement: Judgement): ExplainAnswer {
  const { verdict, way, trace } = judgement;
  const line = decidingLine(judgement);
  const { destination, source } = changes(packet, judgement);
  return {
    verdict: verdict.kind,
    way: WAYS[way],
    decidedBy: line.line,
    text: `${subjectText(packet)} ${fateText(judgement, { destination, source })}: ${reasonText(line)}`,
    destination,
    source,
    steps: trace.map(stepText),
  };
}

/** What the receiver sees otherwise than the sender wrote it. */
function changes(
  packet: Packet,
  { verdict, ends }: Judgement,
): Pick<ExplainAnswer, 'destination' | 'source'> {
  if (verdict.kind !== 'accepted') return { destination: null, source: null };
  const before = endsOf(packet);
  const hasPorts = packet.transport.kind !== 'icmp';
  return {
    destination: isSamePlace(before.destination, ends.destination)
      ? null
      : placeText(ends.destination, hasPorts),
    // The port of the sender is an example, and that of the box the kernel chooses.
    source: isSamePlace(before.source, ends.source) ? null : formatAddress(ends.source.address),
  };
}

function subjectText({ source, destination, transport }: Packet): string {
  const ends = `from ${formatAddress(source)} to ${formatAddress(destination)}`;
  switch (transport.kind) {
    case 'tcp':
      return `A TCP connection ${ends} port ${transport.destinationPort}`;
    case 'udp':
      return `A UDP packet ${ends} port ${transport.destinationPort}`;
    case 'icmp':
      return `A ping ${ends}`;
    case 'other':
    default:
      return `A packet of IP protocol ${transport.protocol} ${ends}`;
  }
}

function fateText(
  { verdict, way }: Judgement,
  { destination, source }: Pick<ExplainAnswer, 'destination' | 'source'>,
): string {
  switch (verdict.kind) {
    case 'dropped':
      return 'is dropped without an answer';
    case 'refused':
      return `is refused with ${refusalText(verdict.refusal)}`;
    case 'accepted':
    default: {
      const onward = { input: 'is let in', forward: 'goes through the box', output: 'is sent' }[way];
      const led = destination === null ? '' : `, led to ${destination}`;
      const left = source === null ? '' : `, under the address ${source}`;
      return `${onward}${led}${left}`;
    }
  }
}

function reasonText({ line, reason }: DecidingLine): string {
  return reason === null ? line : `${line}, ${reason}`;
}
