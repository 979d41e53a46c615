import { formatAddress, isIpv4, tryParseAddress } from '../../base/address.ts';
import { mxHosts } from '../../engine/mail-queue/mx-hosts.ts';
import { type Outcome, ownOutcome, reasonOf } from '../../engine/mail-queue/outcome.ts';
import type { Route, SmartHost } from '../../engine/mail-queue/routing.ts';
import { Standings } from '../../engine/mail-queue/standings.ts';
import type { Log } from '../../port/log.ts';
import type { NameLookup } from '../../port/name-lookup.ts';
import type { Random } from '../../port/random.ts';
import {
  type NextHop,
  type OutgoingMail,
  type OutgoingRecipient,
  type PeerReply,
  SessionError,
  type SmtpClient,
  type SmtpSession,
} from '../../port/smtp-client.ts';
import type { IpAddress } from '../../port/udp.ts';
import { type StsPolicy, fitsStsPolicy } from '../../wire/mail/mta-sts.ts';
import type { SessionPool } from './session-pool.ts';

export interface DeliveryPorts {
  readonly names: NameLookup;
  readonly client: SmtpClient;
  readonly pool: SessionPool;
  /** The MTA-STS policy of a domain, undefined if it has none. */
  readonly policyOf: (domain: string) => Promise<StsPolicy | undefined>;
  readonly random: Random;
  readonly log: Log;
  /** Whether a name is one of this host's. */
  readonly isOwnHost: (host: string) => boolean;
  readonly isOwnAddress: (address: IpAddress) => boolean;
}

export interface DeliveryResult {
  /** Of each recipient, in their order. */
  readonly outcomes: readonly Outcome[];
  /** Whether some host of the destination answered; undefined if nobody was asked. */
  readonly answered: boolean | undefined;
  /** Why hosts before the one that answered did not work; undefined where none was dialled anew. */
  readonly passedOver?: readonly string[] | undefined;
}

const SMTP_PORT = 25;
/** Addresses tried for one message (RFC 5321 section 5.1 wants at least two). The rest has its turn at the next attempt. */
const MOST_ADDRESSES = 8;
/** Of those of one host while others follow: one that is gone with all its addresses must not be the only one that is ever tried. */
const MOST_OF_A_HOST = 2;

interface Candidate extends Omit<NextHop, 'address'> {
  /** Whether the owner has named it: what is wrong with it is to be put right by him, and the mail waits. */
  readonly isSmart: boolean;
}
type Candidates =
  | { readonly kind: 'hosts'; readonly hosts: readonly Candidate[] }
  | { readonly kind: 'failed' | 'deferred'; readonly reply: PeerReply };

/** Why one host did not work. */
interface Miss {
  readonly reply: PeerReply;
  readonly host: string | undefined;
  /** Whether it will never work as things are. */
  readonly isFinal: boolean;
}

function misses(enhanced: string, text: string, isFinal: boolean): Miss {
  return { reply: { code: 0, enhanced, text }, host: undefined, isFinal };
}

interface KeyedMail extends OutgoingMail {
  /** The destination. */
  readonly key: string;
}

function ownHost({ host, isSmart }: Candidate): Miss {
  const text = `${host} is this host itself: mail would go round in a circle`;
  return misses(isSmart ? '4.4.6' : '5.4.6', text, !isSmart);
}

/** Of recipients each of whom some host has answered for. */
function resultOf(standings: Standings<OutgoingRecipient>, failures?: readonly Miss[]): DeliveryResult {
  const outcomes = standings.outcomes(ownOutcome('deferred', '4.4.0', 'No host was found'));
  const passedOver = failures?.map(({ reply, host }) => reasonOf({ reply, host }));
  return { outcomes, answered: true, passedOver };
}

/** Carries one message to the hosts of its destination, the best one that works. */
export class Delivery {
  readonly #ports: DeliveryPorts;

  constructor(ports: DeliveryPorts) {
    this.#ports = ports;
  }

  async run(route: Route, mail: OutgoingMail): Promise<DeliveryResult> {
    const standings = new Standings(mail.recipients);
    const kept = this.#ports.pool.take(route.key);
    if (kept !== undefined) {
      const first = await this.#sendIn(kept, route.key, mail);
      if ('outcomes' in first) standings.take(first.outcomes);
      if (standings.open.length === 0) return resultOf(standings);
    }
    const asked = standings.hasAnswer ? kept?.hop.host : undefined;
    const candidates = await this.#candidates(route);
    if (candidates.kind === 'hosts') {
      const hosts = candidates.hosts.filter(({ host }) => host !== asked);
      return await this.#tryAll(hosts, standings, { ...mail, key: route.key });
    }
    const { kind, reply } = candidates;
    const outcome: Outcome = { kind, reply, host: undefined, takesOver: false };
    return standings.hasAnswer ? resultOf(standings) : everybody(mail, outcome, undefined);
  }

  async #tryAll(
    hosts: readonly Candidate[],
    standings: Standings<OutgoingRecipient>,
    mail: KeyedMail,
  ): Promise<DeliveryResult> {
    const failures: Miss[] = [];
    let left = MOST_ADDRESSES;
    for (const [index, host] of hosts.entries()) {
      const found = await this.#addressesOf(host);
      if (!Array.isArray(found)) {
        failures.push(found);
        continue;
      }
      if (host.login === undefined && found.some((address) => this.#ports.isOwnAddress(address))) {
        failures.push(ownHost(host));
        // Hosts that are not better than this one would bring it back (RFC 5321 section 5.1).
        break;
      }
      const addresses = found.slice(0, index === hosts.length - 1 ? left : Math.min(left, MOST_OF_A_HOST));
      left -= addresses.length;
      const tried = await this.#tryHost(host, addresses, { ...mail, recipients: standings.open });
      failures.push(...tried.misses);
      standings.take(tried.outcomes);
      if (standings.open.length === 0 || left <= 0) break;
    }
    return standings.hasAnswer ? resultOf(standings, failures) : this.#allMissed(failures, mail);
  }

  /** Until one of its addresses answers. */
  async #tryHost(
    host: Candidate,
    addresses: readonly IpAddress[],
    mail: KeyedMail,
  ): Promise<{ readonly outcomes: readonly Outcome[]; readonly misses: readonly Miss[] }> {
    const misses: Miss[] = [];
    for (const address of addresses) {
      const result = await this.#tryOne({ ...host, address }, mail.key, mail);
      if ('outcomes' in result) return { outcomes: result.outcomes, misses };
      misses.push(result);
    }
    return { outcomes: [], misses };
  }

  #allMissed(failures: readonly Miss[], mail: OutgoingMail): DeliveryResult {
    const transient = failures.findLast(({ isFinal }) => !isFinal);
    const { reply, host } = transient ?? failures.at(-1) ?? misses('4.4.0', 'No host was found', false);
    const kind = transient === undefined && failures.length > 0 ? 'failed' : 'deferred';
    // A host that refuses the whole session may be mistaken about us: the mail waits (RFC 5321 section 3.1).
    return everybody(mail, { kind, reply, host, takesOver: false }, kind === 'failed' ? undefined : false);
  }

  async #tryOne(hop: NextHop, key: string, mail: OutgoingMail): Promise<DeliveryResult | Miss> {
    const { client, log } = this.#ports;
    let session: SmtpSession;
    try {
      session = await client.open(hop);
    } catch (error) {
      if (!(error instanceof SessionError)) throw error;
      if (!error.isTls || hop.tls !== 'opportunistic') return missOf(error, hop);
      log.info(`${hop.host} offers encryption that does not work, trying without: ${error.message}`);
      return await this.#tryOne({ ...hop, tls: 'none' }, key, mail);
    }
    return await this.#sendIn(session, key, mail);
  }

  async #sendIn(session: SmtpSession, key: string, mail: OutgoingMail): Promise<DeliveryResult | Miss> {
    try {
      const results = await session.send(mail);
      this.#ports.pool.give(key, session);
      const about = { host: session.hop.host, takesOver: session.hasDsn };
      const outcomes = results.map(({ outcome, reply }) => ({ kind: outcome, reply, ...about }));
      return { outcomes, answered: true };
    } catch (error) {
      session.close();
      if (!(error instanceof SessionError)) throw error;
      return missOf(error, session.hop);
    }
  }

  async #candidates(route: Route): Promise<Candidates> {
    if (route.kind === 'smart') return { kind: 'hosts', hosts: route.hosts.map(smartCandidate) };
    const literal = /^\[(?:ipv6:)?([^\]]+)\]$/i.exec(route.domain)?.[1];
    if (literal !== undefined) return { kind: 'hosts', hosts: [mxCandidate(literal, undefined)] };
    const { names, policyOf, isOwnHost, random } = this.#ports;
    const [answer, policy] = await Promise.all([names.mx(route.domain), policyOf(route.domain)]);
    const found = mxHosts(route.domain, answer, { isOwn: isOwnHost, random });
    if (found.kind !== 'hosts') return found;
    const enforced = policy?.mode === 'enforce' ? policy : undefined;
    const hosts = found.hosts.filter((host) => enforced === undefined || fitsStsPolicy(enforced, host));
    if (hosts.length > 0) return { kind: 'hosts', hosts: hosts.map((host) => mxCandidate(host, enforced)) };
    const text = `None of the hosts of ${route.domain} is one that its mail policy names (MTA-STS)`;
    return { kind: 'deferred', reply: { code: 0, enhanced: '4.7.0', text } };
  }

  /** In random order, IPv4 first: a host that is known by name is known by its IPv4 address. */
  async #addressesOf({ host, isSmart }: Candidate): Promise<IpAddress[] | Miss> {
    const literal = tryParseAddress(host);
    if (literal !== undefined) return [literal];
    const answer = await this.#ports.names.addresses(host);
    if (answer.kind === 'failed') return misses('4.4.3', answer.reason, false);
    if (answer.kind === 'none')
      return misses(isSmart ? '4.4.4' : '5.4.4', `The mail host ${host} has no address`, !isSmart);
    const order = answer.records.map((address) => ({
      address,
      place: (isIpv4(address) ? 0 : 2 ** 16) + this.#ports.random.below(2 ** 16),
    }));
    return order.sort((a, b) => a.place - b.place).map(({ address }) => address);
  }
}

function missOf({ reply }: SessionError, { host, address }: NextHop): Miss {
  return { reply, host: reply.code === 0 ? undefined : nameOf(host, address), isFinal: false };
}

function nameOf(host: string, address: IpAddress): string {
  const literal = formatAddress(address);
  return host === literal ? `[${literal}]` : host;
}

function everybody(mail: OutgoingMail, outcome: Outcome, answered: boolean | undefined): DeliveryResult {
  return { outcomes: mail.recipients.map(() => outcome), answered };
}

function mxCandidate(host: string, policy: StsPolicy | undefined): Candidate {
  const isBound = policy !== undefined;
  return {
    host,
    port: SMTP_PORT,
    tls: isBound ? 'starttls' : 'opportunistic',
    verify: isBound,
    login: undefined,
    isSmart: false,
  };
}

const SMART_TLS = { none: 'none', starttls: 'starttls', tls: 'implicit' } as const;

function smartCandidate({ host, port, security, verify, login }: SmartHost): Candidate {
  return { host, port, tls: SMART_TLS[security], verify, login, isSmart: true };
}

/** For a message that cannot be read any more. */
export function damagedOutcome(): Outcome {
  return ownOutcome('failed', '5.3.0', 'The message was damaged in the storage of this server');
}
