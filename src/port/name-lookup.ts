import type { IpAddress } from './udp.ts';

/** `none`: there is no such name, or it has no such records. `failed`: nobody could tell now; `reason` is one sentence. */
export type NameAnswer<T> =
  | { readonly kind: 'found'; readonly records: readonly T[] }
  | { readonly kind: 'none'; readonly nameExists: boolean }
  | { readonly kind: 'failed'; readonly reason: string };

export interface MxRecord {
  readonly preference: number;
  /** Without a final dot; `.` alone for "no mail is taken" (RFC 7505). */
  readonly exchange: string;
}

/** The DNS as the delivery of mail needs it. Names are in the form of the DNS without a final dot; aliases (CNAME) are followed. */
export interface NameLookup {
  mx(domain: string): Promise<NameAnswer<MxRecord>>;
  /** A and AAAA. */
  addresses(host: string): Promise<NameAnswer<IpAddress>>;
  /** TXT; the strings of a record are joined. */
  texts(name: string): Promise<NameAnswer<string>>;
}
