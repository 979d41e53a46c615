import { isIpv4 } from '../../base/address.ts';
import { BUILT_IN_LABELS } from '../../base/built-in-labels.ts';
import type { Ipv4 } from '../../base/ipv4.ts';
import type { Ipv6 } from '../../base/ipv6.ts';
import { type DomainName, ROOT, isWithin } from '../../wire/dns/domain-name.ts';
import type { DnsRecord, RecordData } from '../../wire/dns/message.ts';
import { reverseName } from '../../wire/dns/reverse-name.ts';
import { LOCAL_TTL, makeRecord } from './answer.ts';

type Address = Ipv4 | Ipv6;

/** What the box knows of itself. */
export interface BoxFacts {
  readonly domain: DomainName;
  /** The box's own name, one label. */
  readonly hostName: string;
  readonly lanAddresses: readonly Address[];
  readonly wanAddresses: readonly Address[];
  /** The name the domain's mail goes to; undefined if the box takes no mail. */
  readonly mailHost: DomainName | undefined;
}

/** The box's own name under the domain. */
export function boxName(facts: BoxFacts): DomainName {
  return under(facts.hostName, facts.domain);
}

function under(label: string, domain: DomainName): DomainName {
  return (domain === ROOT ? label : `${label}.${domain}`) as DomainName;
}

export function addressData(address: Address): RecordData {
  return isIpv4(address) ? { type: 'A', address } : { type: 'AAAA', address };
}

function mailRecords(facts: BoxFacts, both: readonly Address[]): DnsRecord[] {
  const { domain, mailHost } = facts;
  if (mailHost === undefined) return [];
  const smtp = under('smtp', domain);
  // A mail host of another domain has its address there; then the name under ours is the one that surely leads to the box.
  const exchange = isWithin(mailHost, domain) && mailHost !== domain ? mailHost : smtp;
  const hosts = new Set([smtp, under('pop', domain), exchange]);
  return [
    makeRecord(domain, LOCAL_TTL, { type: 'MX', preference: 10, exchange }),
    ...[...hosts].flatMap((name) => both.map((address) => makeRecord(name, LOCAL_TTL, addressData(address)))),
  ];
}

/**
 * The names every box has under its domain: `www` and `wan` lead to the WAN address, `corp`, `admin`, `lan` and its own name to the LAN
 * address, `smtp`, `pop` and the mail host to both. Without a WAN address `www` and `wan` have none.
 */
export function builtInRecords(facts: BoxFacts): DnsRecord[] {
  const { domain, lanAddresses, wanAddresses } = facts;
  const own = boxName(facts);
  const at = (name: DomainName, addresses: readonly Address[]): DnsRecord[] =>
    addresses.map((address) => makeRecord(name, LOCAL_TTL, addressData(address)));
  return [
    ...['www', 'wan'].flatMap((label) => at(under(label, domain), wanAddresses)),
    ...['corp', 'admin', 'lan'].flatMap((label) => at(under(label, domain), lanAddresses)),
    ...(own === domain ? [] : at(own, lanAddresses)),
    ...mailRecords(facts, [...lanAddresses, ...wanAddresses]),
    ...lanAddresses.map((address) =>
      makeRecord(reverseName(address), LOCAL_TTL, { type: 'PTR', target: own }),
    ),
  ];
}

/** Names no client may take, also while they have no record. */
export function builtInNames(facts: BoxFacts): Set<DomainName> {
  const names = [...BUILT_IN_LABELS, facts.hostName].map((label) => under(label, facts.domain));
  return new Set(facts.mailHost === undefined ? names : [...names, facts.mailHost]);
}
