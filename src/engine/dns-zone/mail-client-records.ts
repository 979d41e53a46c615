import type { Ipv4 } from '../../base/ipv4.ts';
import type { Ipv6 } from '../../base/ipv6.ts';
import type { ClientServers } from '../../base/client-setup.ts';
import { type DomainName, ROOT, joinNames, parseDomainName } from '../../wire/dns/domain-name.ts';
import type { DnsRecord, RecordData } from '../../wire/dns/message.ts';
import { LOCAL_TTL, makeRecord } from './answer.ts';
import { addressData } from './built-in-records.ts';

/** Programs ask the server with the lowest priority first: TLS from the first octet comes before STARTTLS (RFC 8314 section 5.1). */
const PRIORITY = { implicit: 0, starttls: 10 } as const;

/** Services that are said not to be there, so that no program looks for them (RFC 2782: the target "."). */
const NOT_OFFERED = ['imap', 'imaps'] as const;

const HTTPS = 443;

/** Under these names mail programs ask a web server for their settings. */
const SETUP_HOSTS = ['autoconfig', 'autodiscover'] as const;

function service(
  name: string,
  domain: DomainName,
  server: Omit<Extract<RecordData, { type: 'SRV' }>, 'type' | 'weight'>,
): DnsRecord[] {
  const owner = joinNames(parseDomainName(`_${name}._tcp`), domain);
  return owner === undefined ? [] : [makeRecord(owner, LOCAL_TTL, { type: 'SRV', weight: 0, ...server })];
}

function ofDomain(
  { incoming, outgoing }: ClientServers,
  domain: DomainName,
  addresses: readonly (Ipv4 | Ipv6)[],
): DnsRecord[] {
  const servers = [...incoming, ...outgoing].flatMap((one) =>
    service(one.service, domain, {
      priority: PRIORITY[one.tls],
      port: one.port,
      target: parseDomainName(one.host),
    }),
  );
  const absent = NOT_OFFERED.flatMap((name) => service(name, domain, { priority: 0, port: 0, target: ROOT }));
  const hosts = SETUP_HOSTS.map((label) => joinNames(parseDomainName(label), domain));
  const setup = hosts.flatMap((name) =>
    name === undefined ? [] : addresses.map((address) => makeRecord(name, LOCAL_TTL, addressData(address))),
  );
  const [, autodiscover] = hosts;
  const discovery =
    autodiscover === undefined
      ? []
      : service('autodiscover', domain, { priority: 0, port: HTTPS, target: autodiscover });
  return [...servers, ...absent, ...setup, ...discovery];
}

/**
 * By what mail programs find their servers from an address alone (RFC 6186, RFC 8314), for every domain of mail: SRV records, and the
 * two names under which the web server of the LAN tells them more.
 */
export function mailClientRecords(
  clients: ClientServers,
  lanAddresses: readonly (Ipv4 | Ipv6)[],
): DnsRecord[] {
  return clients.domains.flatMap((domain) => ofDomain(clients, parseDomainName(domain), lanAddresses));
}
