import { Seconds, formatDuration } from '../../base/duration.ts';
import { type Problem, UserError } from '../../base/errors.ts';
import { DNS_PORT } from '../../base/upstream.ts';
import { type DomainName, parseDomainName } from '../../wire/dns/domain-name.ts';
import { parseOwner, parseRecordData } from '../../wire/dns/presentation.ts';
import type { Config } from '../schema.ts';
import { type Finder, quoted } from './finder.ts';

/** RFC 2181 section 8: a TTL has 31 bits. */
const LONGEST_TTL = Seconds(2 ** 31 - 1);

function recordProblems({ dns, system }: Config): Problem[] {
  const domain = parseDomainName(system.domain);
  return dns.records.flatMap(({ name, type, value, ttl }, index) => {
    const path = `dns.records[${index}]`;
    const problems: Problem[] = [];
    const attempt = (key: string, found: string, parse: () => unknown): void => {
      try {
        parse();
      } catch (error) {
        if (!(error instanceof UserError)) throw error;
        problems.push({
          path: `${path}.${key}`,
          found: JSON.stringify(found),
          wanted: `a ${key} that can be used (${error.message})`,
        });
      }
    };
    attempt('name', name, () => parseOwner(name, domain));
    attempt('value', value, () => parseRecordData(type, value, domain));
    if (ttl > LONGEST_TTL)
      problems.push({ path: `${path}.ttl`, found: `"${formatDuration(ttl)}"`, wanted: 'at most 68 years' });
    return problems;
  });
}

/** Where another name leads nothing else can stand, not even a second one (RFC 2181 section 10.1). */
function aliasProblems({ dns, system }: Config): Problem[] {
  const domain = parseDomainName(system.domain);
  const owners = dns.records.map(({ name }) => ownerOf(name, domain));
  return dns.records.flatMap(({ name, type }, index) => {
    if (type !== 'CNAME') return [];
    const other = owners.findIndex(
      (owner, at) => at !== index && owner !== undefined && owner === owners[index],
    );
    if (other < 0) return [];
    const wanted = `no other record of "${name}" beside a CNAME, as dns.records[${other}] is`;
    return [{ path: `dns.records[${index}].type`, found: '"CNAME"', wanted }];
  });
}

/** Undefined for what is no name, which is told elsewhere. */
function ownerOf(name: string, domain: DomainName): DomainName | undefined {
  try {
    return parseOwner(name, domain);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return undefined;
  }
}

/** The box would ask itself what it does not know, and wait for itself. */
function upstreamProblems({ dns, lan, wan }: Config): Problem[] {
  const own = [lan.address.address, ...(wan.ipv4.method === 'static' ? [wan.ipv4.address.address] : [])];
  return dns.upstreams.flatMap(({ endpoint: { address, port } }, index) => {
    const mine = own.find((one) => one === address);
    if (mine === undefined || port !== DNS_PORT) return [];
    return [
      { path: `dns.upstreams[${index}]`, found: quoted(mine), wanted: 'a name server other than the box' },
    ];
  });
}

export const DNS_FINDERS: readonly Finder[] = [
  { parts: ['dns', 'system'], find: recordProblems },
  { parts: ['dns', 'system'], find: aliasProblems },
  { parts: ['dns', 'lan', 'wan'], find: upstreamProblems },
];
