import { type Duration, Minutes, Seconds } from '../../base/duration.ts';
import { EARLIEST_TIME, type Instant, Timestamp, after, between } from '../../base/instant.ts';
import type { StsPolicy } from '../../wire/mail/mta-sts.ts';

/** Domains whose policy is remembered; with more, the one stored first is forgotten. */
const MAX_STS_DOMAINS = 2000;
/** After a failed fetch there is no other one for so long (RFC 8461 section 3.3). */
const FETCH_PAUSE = Minutes(5);

/** A policy as it is kept over restarts. */
export interface StoredPolicy {
  readonly domain: string;
  readonly id: string;
  readonly policy: StsPolicy;
  readonly expires: Timestamp;
}

export interface StsEnv {
  readonly now: Instant;
  readonly time: Timestamp;
}

interface Held extends Pick<StoredPolicy, 'id' | 'policy'> {
  readonly until: Instant;
  /** As the file said it, while the clock was not set and could not tell how far that is. */
  readonly undated: Timestamp | undefined;
}

/**
 * The policies of domains by MTA-STS (RFC 8461 section 5.1): one that is remembered holds until it expires, even if nobody answers any more. That is on the monotonic
 * clock. Of what a file says, a wrong clock makes it hold for its full age once more at most.
 */
export class StsCache {
  readonly #policies = new Map<string, Held>();
  readonly #pauses = new Map<string, Instant>();
  #isOutdated = false;

  constructor(stored: readonly StoredPolicy[], env: StsEnv) {
    for (const { domain, id, policy, expires } of stored.slice(0, MAX_STS_DOMAINS))
      this.#restore(domain, { id, policy, expires }, env);
  }

  /** Whether the file has dates of a wrong clock: read again and again, it would never let them expire. */
  get isOutdated(): boolean {
    return this.#isOutdated;
  }

  /** Those worth keeping over a restart. */
  all({ now, time }: StsEnv): readonly StoredPolicy[] {
    this.#isOutdated = false;
    return Array.from(this.#policies, ([domain, { id, policy, until, undated }]) => ({
      domain,
      id,
      policy,
      expires: undated ?? Timestamp(Math.max(0, Math.round(time + between(now, until)))),
    }));
  }

  policyOf(domain: string, env: StsEnv): StsPolicy | undefined {
    const held = this.#dated(domain, env);
    return held !== undefined && env.now < held.until ? held.policy : undefined;
  }

  /** Whether the policy must be fetched, `id` being what the domain's record says now. */
  wantsFetch(domain: string, id: string | undefined, env: StsEnv): boolean {
    if (id === undefined || env.now < (this.#pauses.get(domain) ?? 0)) return false;
    return this.#policies.get(domain)?.id !== id || this.policyOf(domain, env) === undefined;
  }

  fetched(
    domain: string,
    { id, policy }: { readonly id: string; readonly policy: StsPolicy },
    { now }: StsEnv,
  ): void {
    this.#policies.delete(domain);
    this.#pauses.delete(domain);
    this.#policies.set(domain, { id, policy, until: after(now, ageOf(policy)), undated: undefined });
    trim(this.#policies);
  }

  fetchFailed(domain: string, { now }: StsEnv): void {
    this.#pauses.delete(domain);
    this.#pauses.set(domain, after(now, FETCH_PAUSE));
    trim(this.#pauses);
  }

  /** A date of the file counts from when the clock is set. */
  #dated(domain: string, env: StsEnv): Held | undefined {
    const held = this.#policies.get(domain);
    if (held?.undated === undefined || env.time < EARLIEST_TIME) return held;
    const { id, policy, undated: expires } = held;
    return this.#restore(domain, { id, policy, expires }, env);
  }

  /** A date that a clock gave which was not set says nothing, nor does the clock that is not. */
  #restore(domain: string, stored: Omit<StoredPolicy, 'domain'>, { now, time }: StsEnv): Held {
    const { id, policy, expires } = stored;
    const [isSet, whole] = [time >= EARLIEST_TIME, ageOf(policy)];
    const isWrong = expires < EARLIEST_TIME || between(time, expires) > whole;
    const left = isWrong || !isSet ? whole : between(time, expires);
    const held = { id, policy, until: after(now, left), undated: isSet ? undefined : expires };
    this.#isOutdated ||= isSet && isWrong;
    this.#policies.set(domain, held);
    return held;
  }
}

function ageOf({ maxAge }: StsPolicy): Duration {
  return Seconds(maxAge);
}

function trim(map: Map<string, unknown>): void {
  const [oldest] = map.keys();
  if (map.size > MAX_STS_DOMAINS && oldest !== undefined) map.delete(oldest);
}
