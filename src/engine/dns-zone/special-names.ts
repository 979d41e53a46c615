import { parseIpv4 } from '../../base/ipv4.ts';
import { parseIpv6 } from '../../base/ipv6.ts';
import { RCODE, TYPE } from '../../wire/dns/constants.ts';
import { type DomainName, isWithin, parseDomainName } from '../../wire/dns/domain-name.ts';
import type { Question, RecordData } from '../../wire/dns/message.ts';
import { reverseName } from '../../wire/dns/reverse-name.ts';
import { type LocalAnswer, LOCAL_TTL, makeRecord, makeSoa, negative } from './answer.ts';

const LOCALHOST = parseDomainName('localhost');
const LOOPBACK4 = parseIpv4('127.0.0.1');
const LOOPBACK6 = parseIpv6('::1');

/** Names that mean nothing to servers of the Internet, or tell them what they need not know. */
const ABSENT = [
  'invalid', // RFC 6761 section 6.4
  'test', // RFC 6761 section 6.2
  'local', // RFC 6762 section 22.1: multicast only
  'onion', // RFC 7686 section 2
  'alt', // RFC 9476 section 3
  'home.arpa', // RFC 8375 section 4
  'resolver.arpa', // RFC 9462 section 4: about this resolver, never about its upstream
  'internal', // reserved for private use by ICANN in 2024
];

const range = (from: number, to: number): number[] =>
  Array.from({ length: to - from + 1 }, (_, i) => from + i);

/**
 * Reverse zones of addresses that are no one's on the Internet (RFC 6303 section 4, RFC 7793). Those of the documentation
 * networks are left out: no device has such an address, so no question about one gives anything away.
 */
const PRIVATE_REVERSE = [
  ...['0', '10', '127', '254.169', '168.192', '255.255.255.255'].map((zone) => `${zone}.in-addr.arpa`),
  ...range(16, 31).map((octet) => `${octet}.172.in-addr.arpa`),
  ...range(64, 127).map((octet) => `${octet}.100.in-addr.arpa`),
  ...['d.f', '8.e.f', '9.e.f', 'a.e.f', 'b.e.f'].map((zone) => `${zone}.ip6.arpa`),
  `${'0.'.repeat(31)}0.ip6.arpa`,
  `1.${'0.'.repeat(31)}ip6.arpa`,
];

const ZONES = new Set([...ABSENT, ...PRIVATE_REVERSE].map(parseDomainName));

function zoneOf(name: DomainName): DomainName | undefined {
  const labels = name.split('.');
  for (let skip = 0; skip < labels.length; skip++) {
    const zone = labels.slice(skip).join('.') as DomainName;
    if (ZONES.has(zone) && isWithin(name, zone)) return zone;
  }
  return undefined;
}

function loopbackData(question: Question): RecordData | undefined {
  if (question.type === TYPE.A) return { type: 'A', address: LOOPBACK4 };
  if (question.type === TYPE.AAAA) return { type: 'AAAA', address: LOOPBACK6 };
  return undefined;
}

/** The answer for names that never go upstream; undefined for all others. */
export function answerSpecialName(question: Question, server: DomainName): LocalAnswer | undefined {
  const { name } = question;
  if (isWithin(name, LOCALHOST)) {
    // RFC 6761 section 6.3
    const data = loopbackData(question);
    if (data === undefined) return negative(RCODE.NOERROR, makeSoa(LOCALHOST, server, 1));
    return { rcode: RCODE.NOERROR, answers: [makeRecord(name, LOCAL_TTL, data)], authorities: [] };
  }
  if (question.type === TYPE.PTR && (name === reverseName(LOOPBACK4) || name === reverseName(LOOPBACK6))) {
    const answer = makeRecord(name, LOCAL_TTL, { type: 'PTR', target: LOCALHOST });
    return { rcode: RCODE.NOERROR, answers: [answer], authorities: [] };
  }
  const zone = zoneOf(name);
  if (zone === undefined) return undefined;
  const soa = makeSoa(zone, server, 1);
  if (name !== zone) return negative(RCODE.NXDOMAIN, soa);
  if (question.type !== TYPE.SOA) return negative(RCODE.NOERROR, soa);
  return { rcode: RCODE.NOERROR, answers: [soa], authorities: [] };
}
