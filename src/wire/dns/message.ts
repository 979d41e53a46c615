import type { Ipv4 } from '../../base/ipv4.ts';
import type { Ipv6 } from '../../base/ipv6.ts';
import type { DomainName } from './domain-name.ts';

/** What is asked (RFC 1035 section 4.1.2). */
export interface Question {
  readonly name: DomainName;
  readonly type: number;
  readonly class: number;
}

/** The data of a record by its type; types the program has no use for keep their octets and re-encode unchanged (RFC 3597). */
export type RecordData =
  | { readonly type: 'A'; readonly address: Ipv4 }
  | { readonly type: 'AAAA'; readonly address: Ipv6 }
  | { readonly type: 'NS' | 'CNAME' | 'PTR'; readonly target: DomainName }
  | { readonly type: 'MX'; readonly preference: number; readonly exchange: DomainName }
  | { readonly type: 'TXT'; readonly texts: readonly Uint8Array[] }
  | {
      readonly type: 'SRV';
      readonly priority: number;
      readonly weight: number;
      readonly port: number;
      readonly target: DomainName;
    }
  | SoaData
  | { readonly type: 'other'; readonly code: number; readonly octets: Uint8Array };

/** Start of a zone of authority; times in seconds (RFC 1035 section 3.3.13). */
export interface SoaData {
  readonly type: 'SOA';
  readonly mname: DomainName;
  readonly rname: DomainName;
  readonly serial: number;
  readonly refresh: number;
  readonly retry: number;
  readonly expire: number;
  /** The time to live of negative answers (RFC 2308 section 4). */
  readonly minimum: number;
}

/** A resource record (RFC 1035 section 4.1.3). */
export interface DnsRecord {
  readonly name: DomainName;
  readonly class: number;
  /** Seconds. */
  readonly ttl: number;
  readonly data: RecordData;
}

/** The OPT pseudo-record (RFC 6891 section 6.1). Options are not kept: none is acted upon, and they go from hop to hop only. */
export interface Edns {
  /** Octets the sender takes over UDP. */
  readonly udpSize: number;
  readonly version: number;
  /** DNSSEC records are wanted (RFC 3225). */
  readonly dnssecOk: boolean;
}

/** The bits of a header's second word that are set; those without a name here are sent as zero. */
export interface HeaderFlags {
  readonly response: boolean;
  readonly authoritative: boolean;
  readonly truncated: boolean;
  readonly recursionDesired: boolean;
  readonly recursionAvailable: boolean;
  readonly authenticData: boolean;
  readonly checkingDisabled: boolean;
}

/** A whole message. The OPT record is {@link Message.edns}, never among the additionals. */
export interface Message {
  readonly id: number;
  readonly opcode: number;
  readonly flags: HeaderFlags;
  /** With the upper bits of the OPT record if there is one. */
  readonly rcode: number;
  readonly questions: readonly Question[];
  readonly answers: readonly DnsRecord[];
  readonly authorities: readonly DnsRecord[];
  readonly additionals: readonly DnsRecord[];
  readonly edns?: Edns;
}
