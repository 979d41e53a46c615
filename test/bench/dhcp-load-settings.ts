/** What the load generator is told. */
export interface DhcpLoadSettings {
  readonly device: string;
  readonly clients: number;
  /** Exchanges under way at one time. */
  readonly outstanding: number;
  /** Exchanges begun in a second; null for as many as are answered. */
  readonly rate: number | null;
  /** After so many seconds no exchange is begun any more; null for no such end. */
  readonly seconds: number | null;
  /** Where it is kept who got which address, from `acquire` to `renew`. */
  readonly leases: string;
  /** With `renew`: the server's hardware address. */
  readonly serverMac?: string;
}

/** A made-up computer, the address it was given, and the server's. */
export type LeaseOf = readonly [index: number, address: number, server: number];

/** What it measured. */
export interface DhcpLoadResult {
  readonly completed: number;
  /** Answered by a NAK. */
  readonly refused: number;
  /** Not answered in time. */
  readonly dropped: number;
  /** Exchanges in a second: of all, of the first and of the last 2000. */
  readonly rate: number;
  readonly firstRate: number;
  readonly lastRate: number;
  /** Milliseconds from DISCOVER to OFFER and of whole exchanges, the 50th and the 99th percentile. */
  readonly offer: readonly [p50: number, p99: number];
  readonly whole: readonly [p50: number, p99: number];
}
