import { CLASS, type RCODE } from '../../wire/dns/constants.ts';
import { type DomainName, joinNames, parseDomainName } from '../../wire/dns/domain-name.ts';
import type { DnsRecord, RecordData, SoaData } from '../../wire/dns/message.ts';

/** What the box itself knows about a question, with authority. */
export interface LocalAnswer {
  readonly rcode: number;
  readonly answers: readonly DnsRecord[];
  readonly authorities: readonly DnsRecord[];
  /** The answers end in an alias for this name, which is not ours: its records have to be asked for and added. */
  readonly target?: DomainName;
}

/** Seconds clients may keep "there is no such name": short, because a device may get that name any moment. */
const NEGATIVE_TTL = 10;

/** Seconds of the records the box makes itself: they follow the WAN address and the leases. */
export const LOCAL_TTL = 60;

/** The mailbox of whoever looks after a zone (RFC 2142 section 7). */
const HOSTMASTER = parseDomainName('hostmaster');

export function makeRecord(name: DomainName, ttl: number, data: RecordData): DnsRecord {
  return { name, class: CLASS.IN, ttl, data };
}

/** The SOA record of a zone that is served by `server` alone; its times matter to nobody but secondaries (RFC 1912 section 2.2). */
export function makeSoa(zone: DomainName, server: DomainName, serial: number): DnsRecord {
  const data: SoaData = {
    type: 'SOA',
    mname: server,
    rname: joinNames(HOSTMASTER, zone) ?? server,
    serial,
    refresh: 3600,
    retry: 600,
    expire: 604_800,
    minimum: NEGATIVE_TTL,
  };
  return makeRecord(zone, NEGATIVE_TTL, data);
}

/** "There is no such name", or with NOERROR "it has nothing of that type": the SOA record lets clients remember it (RFC 2308 section 3). */
export function negative(rcode: typeof RCODE.NOERROR | typeof RCODE.NXDOMAIN, soa: DnsRecord): LocalAnswer {
  return { rcode, answers: [], authorities: [soa] };
}
