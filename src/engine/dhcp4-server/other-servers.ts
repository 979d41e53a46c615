import { type Duration, Minutes } from '../../base/duration.ts';
import { Instant, type Timestamp, after } from '../../base/instant.ts';
import type { Ipv4 } from '../../base/ipv4.ts';
import type { Mac } from '../../base/mac.ts';

/** Another DHCP server on the LAN. */
export interface OtherServer {
  /** What it calls itself (option 54). */
  readonly address: Ipv4;
  /** Undefined until one of its messages was seen: a client has named it only. */
  readonly mac: Mac | undefined;
  readonly since: Timestamp;
}

/** How long a server must be silent to be gone: some of our probes unanswered. */
export const GONE_AFTER: Duration = Minutes(45);
/** Servers listed; at the cap further ones are not, until one is gone. */
export const MAX_OTHER_SERVERS = 16;

interface Seen extends OtherServer {
  readonly until: Instant;
}

/** The other DHCP servers heard of lately. Whether anything changed is what each call returns. */
export class OtherServers {
  readonly #seen = new Map<string, Seen>();

  list(): readonly OtherServer[] {
    return Array.from(this.#seen.values(), ({ address, mac, since }) => ({ address, mac, since }));
  }

  /** When the next one is gone, if it stays silent. */
  get nextEnd(): Instant {
    return Instant(Math.min(Infinity, ...Array.from(this.#seen.values(), ({ until }) => until)));
  }

  /** A server was seen, or with `mac` undefined was named by a client. */
  note(
    address: Ipv4,
    mac: Mac | undefined,
    at: { readonly now: Instant; readonly wall: Timestamp },
  ): boolean {
    const until = after(at.now, GONE_AFTER);
    const known = [...this.#seen].filter(([, one]) => one.address === address);
    if (mac === undefined && known.length > 0) return false;
    const key = `${address} ${mac ?? ''}`;
    const nameless = this.#seen.get(`${address} `);
    const before = this.#seen.get(key) ?? nameless;
    if (before === undefined && this.#seen.size >= MAX_OTHER_SERVERS) return false;
    if (mac !== undefined) this.#seen.delete(`${address} `);
    this.#seen.set(key, { address, mac, since: before?.since ?? at.wall, until });
    return before?.mac !== mac || before === undefined;
  }

  expire(now: Instant): boolean {
    const before = this.#seen.size;
    for (const [key, { until }] of this.#seen) if (until <= now) this.#seen.delete(key);
    return this.#seen.size !== before;
  }
}
