import { DecodeError } from '../../base/errors.ts';
import type { Ipv4 } from '../../base/ipv4.ts';
import type { Prefix4 } from '../../base/prefix.ts';
import { DnsCache, type QueryBits, questionKey } from '../../engine/dns-cache/dns-cache.ts';
import { leadsInside, withoutHintsInside } from '../../engine/dns-forward/rebind.ts';
import { type Query, makeResponse } from '../../engine/dns-query/query.ts';
import { type LocalAnswer, makeSoa, negative } from '../../engine/dns-zone/answer.ts';
import { LocalZone, type ZoneOptions } from '../../engine/dns-zone/local-zone.ts';
import type { Clock } from '../../port/clock.ts';
import { CLASS, HEADER_BIT, RCODE, TYPE } from '../../wire/dns/constants.ts';
import { decodeMessage } from '../../wire/dns/decode-message.ts';
import { type DomainName, ROOT, isWithin, wireLength } from '../../wire/dns/domain-name.ts';
import { encodeMessage } from '../../wire/dns/encode-message.ts';
import type { DnsRecord, Question } from '../../wire/dns/message.ts';
import { withoutEdns } from '../../wire/dns/packed.ts';
import { encodeData } from '../../wire/dns/record-data.ts';
import type { DnsCounters } from './counters.ts';
import type { DnsPorts, UpstreamClient } from './upstream-client.ts';

export interface ResolverOptions {
  readonly zone: ZoneOptions;
  /** False: nothing is ever asked outside, what the box does not know does not exist. */
  readonly forward: boolean;
  readonly cacheEntries: number;
  /** Withhold answers of upstreams that lead to an address inside. */
  readonly rebindProtection: boolean;
  /** Names, with all below them, whose answers may lead inside. */
  readonly rebindAllow: readonly DomainName[];
}

/** What is known about a question: a message without OPT whose records answer it; undefined if nobody could say. */
interface Finding {
  readonly rcode: number;
  readonly isAuthoritative: boolean;
  readonly body: Uint8Array | undefined;
}

const NO_BITS: QueryBits = { dnssecOk: false, checkingDisabled: false };

const FAILURE: Finding = { rcode: RCODE.SERVFAIL, isAuthoritative: false, body: undefined };
const NO_FLAGS = {
  response: true,
  authoritative: false,
  truncated: false,
  recursionDesired: false,
  recursionAvailable: false,
  authenticData: false,
  checkingDisabled: false,
};

function packLocal(question: Question, answer: Omit<LocalAnswer, 'target'>): Finding {
  const body = encodeMessage({
    id: 0,
    opcode: 0,
    flags: NO_FLAGS,
    rcode: answer.rcode,
    questions: [question],
    answers: answer.answers,
    authorities: answer.authorities,
    additionals: [],
  });
  return { rcode: answer.rcode, isAuthoritative: true, body };
}

function bitsOf(query: Query): QueryBits {
  return {
    dnssecOk: query.message.edns?.dnssecOk ?? false,
    checkingDisabled: (query.message.word & HEADER_BIT.CD) !== 0,
  };
}

/** Finds answers: what the box knows itself, what it remembers, what an upstream says; in that order. */
export class Resolver {
  readonly zone: LocalZone;
  readonly #options: ResolverOptions;
  readonly #lan: readonly Prefix4[];
  readonly #cache: DnsCache;
  readonly #clock: Clock;
  readonly #log: DnsPorts['log'];
  readonly #upstreams: UpstreamClient;
  readonly #counters: DnsCounters;

  constructor(options: ResolverOptions, ports: DnsPorts, upstreams: UpstreamClient, counters: DnsCounters) {
    this.#options = options;
    this.#lan = options.zone.lan;
    this.zone = new LocalZone(options.zone);
    this.#cache = new DnsCache(options.cacheEntries);
    this.#clock = ports.clock;
    this.#log = ports.log;
    this.#upstreams = upstreams;
    this.#counters = counters;
  }

  /** Answers kept now. */
  get cacheSize(): number {
    return this.#cache.size;
  }

  /** Answers of former upstreams may contradict those of the new ones. */
  forget(): void {
    this.#cache.clear();
  }

  /** The whole response to a query. Never rejects for what upstreams say or fail to say. */
  async answer(query: Query): Promise<Uint8Array> {
    const local = this.zone.answer(query.question);
    if (local === undefined && (query.message.word & HEADER_BIT.RD) === 0) {
      // Without "recursion desired" only the box's own knowledge is asked for (RFC 1035 section 4.1.1).
      this.#counters.refused++;
      return makeResponse(query, { rcode: RCODE.REFUSED, isAuthoritative: false });
    }
    const bits = bitsOf(query);
    const finding =
      local === undefined
        ? await this.#findOutside(query.question, bits)
        : await this.#complete(query.question, local, bits);
    if (finding === FAILURE) this.#counters.failed++;
    return makeResponse(query, finding, finding.body);
  }

  /** The IPv4 addresses of a name, by the way the question of any client takes; none if there are none or nobody can say. */
  async addressesOf(name: DomainName): Promise<readonly Ipv4[]> {
    const question = { name, type: TYPE.A, class: CLASS.IN };
    const local = this.zone.answer(question);
    const finding =
      local === undefined
        ? await this.#findOutside(question, NO_BITS)
        : await this.#complete(question, local, NO_BITS);
    return recordsOf(finding).answers.flatMap(({ data }) => (data.type === 'A' ? [data.address] : []));
  }

  /** Adds the records of an alias's target outside: stub resolvers do not follow it themselves (RFC 1034 section 5.3.1). */
  async #complete(question: Question, local: LocalAnswer, bits: QueryBits): Promise<Finding> {
    const asked = { ...question, name: local.target ?? question.name };
    const special = local.target === undefined ? undefined : this.zone.answer(asked);
    if (local.target === undefined || special !== undefined) this.#counters.local++;
    if (local.target === undefined) return packLocal(question, local);
    const outside =
      special === undefined
        ? await this.#findOutside(asked, { ...bits, dnssecOk: false })
        : packLocal(asked, special);
    if (outside === FAILURE) return FAILURE;
    const found = recordsOf(outside);
    return packLocal(question, {
      rcode: outside.rcode,
      answers: [...local.answers, ...found.answers],
      authorities: found.authorities,
    });
  }

  async #findOutside(question: Question, bits: QueryBits): Promise<Finding> {
    if (!this.#options.forward) {
      this.#counters.local++;
      const rcode = question.name === ROOT ? RCODE.NOERROR : RCODE.NXDOMAIN;
      return packLocal(question, negative(rcode, makeSoa(ROOT, this.zone.server, 1)));
    }
    const key = questionKey(question, bits);
    const kept = this.#cache.get(key, this.#clock.now());
    if (kept !== undefined) {
      this.#counters.cached++;
      return { rcode: (kept[3] ?? 0) & 15, isAuthoritative: false, body: kept };
    }
    const said = await this.#upstreams.ask(question, bits);
    if (said === undefined) return FAILURE;
    const isGuarded = this.#mayNotLeadInside(question.name);
    const message = isGuarded ? withoutHintsInside(said, this.#lan) : said;
    if (isGuarded && leadsInside(message, this.#lan)) {
      this.#counters.withheld++;
      this.#log.info(
        `An answer for ${question.name} leads to an address inside and was withheld; dns.rebindAllow can allow the name`,
      );
      return { rcode: RCODE.NOERROR, isAuthoritative: false, body: undefined };
    }
    this.#counters.forwarded++;
    this.#cache.put(key, message, this.#clock.now());
    return { rcode: message.rcode, isAuthoritative: false, body: withoutEdns(message) };
  }

  #mayNotLeadInside(name: DomainName): boolean {
    const { rebindProtection, rebindAllow } = this.#options;
    return rebindProtection && !rebindAllow.some((allowed) => isWithin(name, allowed));
  }
}

interface FoundRecords {
  readonly answers: readonly DnsRecord[];
  readonly authorities: readonly DnsRecord[];
}

/** Octets of the records found outside for an alias: with question and alias they fit one message of 65535. */
const LARGEST_FOUND = 60_000;

function sizeOf(records: readonly DnsRecord[]): number {
  return records.reduce((size, { name, data }) => size + wireLength(name) + 10 + encodeData(data).length, 0);
}

function recordsOf(finding: Finding): FoundRecords {
  const none = { answers: [], authorities: [] };
  if (finding.body === undefined) return none;
  try {
    const { answers, authorities } = decodeMessage(finding.body);
    // Compressed, they fitted a message; each with its whole name, they may not: the alias itself is answered.
    return sizeOf([...answers, ...authorities]) > LARGEST_FOUND ? none : { answers, authorities };
  } catch (error) {
    // Names of unusual octets can be passed on but not put together anew; the alias itself is answered.
    if (error instanceof DecodeError) return none;
    throw error;
  }
}
