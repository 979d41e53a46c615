import type { MxRecord, NameAnswer } from '../../port/name-lookup.ts';
import type { Random } from '../../port/random.ts';
import type { PeerReply } from '../../port/smtp-client.ts';

/** Hosts tried for a domain, the best first. A domain with more is served by these. */
export const MAX_MX_HOSTS = 10;

export type MxHosts =
  | { readonly kind: 'hosts'; readonly hosts: readonly string[] }
  | { readonly kind: 'failed' | 'deferred'; readonly reply: PeerReply };

function shuffled<T>(list: readonly T[], random: Random): T[] {
  const mixed = [...list];
  for (let end = mixed.length; end > 1; end--) {
    const chosen = random.below(end);
    const [last, other] = [mixed[end - 1], mixed[chosen]];
    if (last !== undefined && other !== undefined) [mixed[end - 1], mixed[chosen]] = [other, last];
  }
  return mixed;
}

/** By preference, equal ones in random order (RFC 5321 section 5.1). */
function ordered(records: readonly MxRecord[], random: Random): MxRecord[] {
  return shuffled(records, random).sort((a, b) => a.preference - b.preference);
}

function failed(enhanced: string, text: string): MxHosts {
  return { kind: 'failed', reply: { code: 0, enhanced, text } };
}

/**
 * The hosts that take mail for a domain, from what the DNS says of its MX records. Without any the domain itself is the host
 * (RFC 5321 section 5.1). A single "." means that it takes none (RFC 7505). If this host is among them, it and all that are not
 * better are left out: mail would go round in a circle.
 */
export function mxHosts(
  domain: string,
  answer: NameAnswer<MxRecord>,
  { isOwn, random }: { readonly isOwn: (host: string) => boolean; readonly random: Random },
): MxHosts {
  if (answer.kind === 'failed')
    return { kind: 'deferred', reply: { code: 0, enhanced: '4.4.3', text: answer.reason } };
  if (answer.kind === 'none') {
    return answer.nameExists
      ? hostsOf([{ preference: 0, exchange: domain }], { domain, isOwn, random })
      : failed('5.1.2', `The domain ${domain} does not exist`);
  }
  if (answer.records.every(({ exchange }) => exchange === '.'))
    return failed('5.1.10', `The domain ${domain} takes no mail`);
  return hostsOf(
    answer.records.filter(({ exchange }) => exchange !== '.'),
    { domain, isOwn, random },
  );
}

function hostsOf(
  records: readonly MxRecord[],
  {
    domain,
    isOwn,
    random,
  }: { readonly domain: string; readonly isOwn: (host: string) => boolean; readonly random: Random },
): MxHosts {
  const own = records.filter(({ exchange }) => isOwn(exchange)).map(({ preference }) => preference);
  const best = Math.min(...own, Infinity);
  const hosts = ordered(
    records.filter(({ preference }) => preference < best),
    random,
  ).map(({ exchange }) => exchange);
  if (hosts.length === 0)
    return failed('5.4.6', `The mail for ${domain} is to come to this host, which does not know the domain`);
  return { kind: 'hosts', hosts: [...new Set(hosts)].slice(0, MAX_MX_HOSTS) };
}
