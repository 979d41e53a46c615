import { Minutes } from '../../base/duration.ts';
import { messageOf } from '../../base/errors.ts';
import { fromUtf8, utf8 } from '../../base/text.ts';
import { StsCache, type StoredPolicy, type StsEnv } from '../../engine/mail-queue/sts-cache.ts';
import type { Clock } from '../../port/clock.ts';
import type { Files } from '../../port/files.ts';
import type { HttpsFetcher } from '../../port/https.ts';
import type { Log } from '../../port/log.ts';
import type { NameLookup } from '../../port/name-lookup.ts';
import { MAX_STS_POLICY, type StsPolicy, parseStsPolicy, parseStsRecord } from '../../wire/mail/mta-sts.ts';

export interface StsPorts {
  readonly names: NameLookup;
  readonly https: HttpsFetcher;
  readonly files: Files;
  readonly clock: Clock;
  readonly log: Log;
}

const FILE = 'mail/mta-sts.json';
/** RFC 8461 section 3.3: a minute. */
const FETCH_TIMEOUT = Minutes(1);

/** The MTA-STS policies of domains (RFC 8461): found in the DNS, fetched by HTTPS, kept over restarts. */
export class StsPolicies {
  readonly #ports: StsPorts;
  #cache: StsCache;
  #saving: Promise<void> = Promise.resolve();

  constructor(ports: StsPorts) {
    this.#ports = ports;
    this.#cache = new StsCache([], this.#env());
  }

  async load(): Promise<void> {
    const { files, log } = this.#ports;
    try {
      const content = await files.read(FILE);
      if (content !== undefined) this.#cache = new StsCache(parseStored(content), this.#env());
    } catch (error) {
      log.warn(`Cannot read the policies of other mail hosts, they are fetched again: ${messageOf(error)}`);
    }
  }

  /** The policy in force for a domain, undefined if it has none. */
  async policyOf(domain: string): Promise<StsPolicy | undefined> {
    const { names } = this.#ports;
    const answer = await names.texts(`_mta-sts.${domain}`);
    const id = answer.kind === 'found' ? parseStsRecord(answer.records) : undefined;
    if (id !== undefined && this.#cache.wantsFetch(domain, id, this.#env())) await this.#fetch(domain, id);
    const policy = this.#cache.policyOf(domain, this.#env());
    if (this.#cache.isOutdated) await this.#save();
    return policy;
  }

  #env(): StsEnv {
    const { clock } = this.#ports;
    return { now: clock.now(), time: clock.wallTime() };
  }

  async #fetch(domain: string, id: string): Promise<void> {
    const { log } = this.#ports;
    try {
      const policy = await this.#get(`mta-sts.${domain}`);
      this.#cache.fetched(domain, { id, policy }, this.#env());
      await this.#save();
    } catch (error) {
      this.#cache.fetchFailed(domain, this.#env());
      log.notice(`Cannot fetch the mail policy of ${domain}: ${messageOf(error)}`);
    }
  }

  async #get(host: string): Promise<StsPolicy> {
    const { names, https } = this.#ports;
    const found = await names.addresses(host);
    const address = found.kind === 'found' ? found.records[0] : undefined;
    if (address === undefined) throw new Error(`${host} has no address`);
    const path = '/.well-known/mta-sts.txt';
    const page = await https.get({ host, address, path, timeout: FETCH_TIMEOUT, maxOctets: MAX_STS_POLICY });
    if (page.status !== 200) throw new Error(`${host} answers ${page.status}`);
    if (page.contentType !== 'text/plain') throw new Error(`${host} sends no plain text`);
    const policy = parseStsPolicy(fromUtf8(page.body));
    if (policy === undefined) throw new Error(`${host} sends no policy`);
    return policy;
  }

  /** One after the other: a replacement that is under way would hide the next. */
  async #save(): Promise<void> {
    const { files, log } = this.#ports;
    this.#saving = this.#saving
      .then(() => files.replace(FILE, utf8(JSON.stringify(this.#cache.all(this.#env())))))
      .catch((error: unknown) =>
        log.warn(`Cannot keep the policies of other mail hosts: ${messageOf(error)}`),
      );
    await this.#saving;
  }
}

function parseStored(content: Uint8Array): StoredPolicy[] {
  const value: unknown = JSON.parse(fromUtf8(content));
  return Array.isArray(value) ? value.filter(isStored) : [];
}

function isStored(value: unknown): value is StoredPolicy {
  const { domain, id, expires, policy } = (value ?? {}) as Partial<StoredPolicy>;
  return (
    typeof domain === 'string' &&
    typeof id === 'string' &&
    typeof expires === 'number' &&
    typeof policy?.maxAge === 'number' &&
    ['enforce', 'testing', 'none'].includes(policy.mode) &&
    Array.isArray(policy.mx)
  );
}
