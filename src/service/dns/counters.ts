/** What the resolver has done since it started. */
export interface DnsCounters {
  /** Questions from clients, by transport. */
  udp: number;
  tcp: number;
  /** Answered from the box's own knowledge. */
  local: number;
  /** Answered from the cache. */
  cached: number;
  /** Answered by an upstream. */
  forwarded: number;
  /** Answered with SERVFAIL: no upstream, or none that answers. */
  failed: number;
  /** Refused or malformed, and answered so. */
  refused: number;
  /** Dropped without an answer: not from the LAN, or no question at all. */
  dropped: number;
  /** Answers of upstreams withheld because they lead to an address inside. */
  withheld: number;
}

export function newCounters(): DnsCounters {
  return {
    udp: 0,
    tcp: 0,
    local: 0,
    cached: 0,
    forwarded: 0,
    failed: 0,
    refused: 0,
    dropped: 0,
    withheld: 0,
  };
}
