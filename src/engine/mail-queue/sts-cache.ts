import { Milliseconds, Minutes } from '../../base/duration.ts';
import { type Timestamp, after } from '../../base/instant.ts';
import type { StsPolicy } from '../../wire/mail/mta-sts.ts';

/** Domains whose policy is remembered; with more, the one stored first is forgotten. */
export const MAX_STS_DOMAINS = 2000;
/** After a failed fetch there is no other one for so long (RFC 8461 section 3.3). */
const FETCH_PAUSE = Minutes(5);

/** A policy as it was fetched. */
export interface StoredPolicy {
  readonly domain: string;
  readonly id: string;
  readonly policy: StsPolicy;
  readonly expires: Timestamp;
}

/** The policies of domains by MTA-STS (RFC 8461 section 5.1): one that is remembered holds until it expires, even if nobody answers any more. */
export class StsCache {
  readonly #policies = new Map<string, StoredPolicy>();
  readonly #pauses = new Map<string, Timestamp>();

  constructor(stored: readonly StoredPolicy[] = []) {
    for (const one of stored.slice(0, MAX_STS_DOMAINS)) this.#policies.set(one.domain, one);
  }

  /** Those worth keeping over a restart. */
  all(): readonly StoredPolicy[] {
    return [...this.#policies.values()];
  }

  policyOf(domain: string, now: Timestamp): StsPolicy | undefined {
    const stored = this.#policies.get(domain);
    return stored !== undefined && now < stored.expires ? stored.policy : undefined;
  }

  /** Whether the policy must be fetched, `id` being what the domain's record says now. */
  wantsFetch(domain: string, id: string | undefined, now: Timestamp): boolean {
    if (id === undefined || now < (this.#pauses.get(domain) ?? 0)) return false;
    return this.#policies.get(domain)?.id !== id || this.policyOf(domain, now) === undefined;
  }

  fetched(
    domain: string,
    { id, policy }: { readonly id: string; readonly policy: StsPolicy },
    now: Timestamp,
  ): void {
    this.#policies.delete(domain);
    this.#pauses.delete(domain);
    this.#policies.set(domain, {
      domain,
      id,
      policy,
      expires: after(now, Milliseconds(policy.maxAge * 1000)),
    });
    trim(this.#policies);
  }

  fetchFailed(domain: string, now: Timestamp): void {
    this.#pauses.delete(domain);
    this.#pauses.set(domain, after(now, FETCH_PAUSE));
    trim(this.#pauses);
  }
}

function trim(map: Map<string, unknown>): void {
  const [oldest] = map.keys();
  if (map.size > MAX_STS_DOMAINS && oldest !== undefined) map.delete(oldest);
}
