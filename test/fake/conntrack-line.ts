import { formatAddress } from '../../src/base/address.ts';
import { IPS, TCP_STATES } from '../../src/wire/conntrack/constants.ts';
import type { Entry } from '../../src/wire/conntrack/entry.ts';
import type { Tuple } from '../../src/wire/conntrack/tuple.ts';

const NAMES: Readonly<Record<number, string>> = { 1: 'icmp', 6: 'tcp', 17: 'udp', 47: 'gre', 58: 'icmpv6' };

function protocolText(protocol: Tuple['protocol'] = {}): string[] {
  const hex = (key: number | undefined): string => `0x${(key ?? 0).toString(16)}`;
  switch (protocol.number) {
    case 6:
    case 17:
      return [`sport=${protocol.sourcePort}`, `dport=${protocol.destinationPort}`];
    case 47:
      return [`srckey=${hex(protocol.sourcePort)}`, `dstkey=${hex(protocol.destinationPort)}`];
    case 1:
      return [`type=${protocol.icmpType}`, `code=${protocol.icmpCode}`, `id=${protocol.icmpId}`];
    case 58:
      return [`type=${protocol.icmpv6Type}`, `code=${protocol.icmpv6Code}`, `id=${protocol.icmpv6Id}`];
    default:
      return [];
  }
}

function tupleText({ addresses, protocol }: Tuple): string[] {
  const source = addresses?.source4 ?? addresses?.source6;
  const destination = addresses?.destination4 ?? addresses?.destination6;
  if (source === undefined || destination === undefined) return ['without addresses'];
  return [`src=${formatAddress(source)}`, `dst=${formatAddress(destination)}`, ...protocolText(protocol)];
}

function traffic(counters: Entry['countersOriginal']): string[] {
  return counters === undefined ? [] : [`packets=${counters.packets}`, `bytes=${counters.bytes}`];
}

function stateText(info: Entry['protocolInfo']): string[] {
  const state = info?.tcp?.state;
  return state === undefined ? [] : [TCP_STATES[state] ?? '?'];
}

function mark(text: string, isSet: boolean): string[] {
  return isSet ? [text] : [];
}

/**
 * An entry as `conntrack -L -o extended,id` prints it, but for the time since its start and the white space: written
 * from the decoded entry alone, so that two equal texts prove that nothing was misread.
 */
export function conntrackLine(entry: Entry): string {
  const { original = {}, reply = {}, status = 0 } = entry;
  const number = original.protocol?.number ?? 0;
  return [
    ...(original.addresses?.source4 === undefined ? ['ipv6', '10'] : ['ipv4', '2']),
    NAMES[number] ?? 'unknown',
    String(number),
    String(entry.timeout),
    ...stateText(entry.protocolInfo),
    ...tupleText(original),
    ...traffic(entry.countersOriginal),
    ...mark('[UNREPLIED]', (status & IPS.SEEN_REPLY) === 0),
    ...tupleText(reply),
    ...traffic(entry.countersReply),
    ...mark('[ASSURED]', (status & IPS.ASSURED) !== 0),
    `mark=${entry.mark}`,
    ...mark(`zone=${entry.zone}`, entry.zone !== undefined),
    `use=${entry.use}`,
    `id=${entry.id}`,
  ].join(' ');
}

/** A line of the tool in the same form. */
export function plainLine(line: string): string {
  return line
    .replace(/ delta-time=\d+/, '')
    .replace(/ \[start=[^\]]*\]/, '')
    .replaceAll(/\s+/g, ' ')
    .trim();
}
