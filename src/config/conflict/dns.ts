import { Seconds, formatDuration } from '../../base/duration.ts';
import { type Problem, UserError } from '../../base/errors.ts';
import { parseDomainName } from '../../wire/dns/domain-name.ts';
import { parseOwner, parseRecordData } from '../../wire/dns/presentation.ts';
import type { Config } from '../schema.ts';
import type { Finder } from './finder.ts';

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

export const DNS_FINDERS: readonly Finder[] = [{ parts: ['dns', 'system'], find: recordProblems }];
