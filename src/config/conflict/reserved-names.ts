import { BUILT_IN_LABELS } from '../../base/built-in-labels.ts';
import { type Problem, UserError } from '../../base/errors.ts';
import { asciiLower } from '../../base/text.ts';
import { type DomainName, parseDomainName } from '../../wire/dns/domain-name.ts';
import { parseOwner } from '../../wire/dns/presentation.ts';
import { mailHostName } from '../mail-host-name.ts';
import type { Config } from '../schema.ts';
import type { Finder } from './finder.ts';

/** The longest label is 63 octets (RFC 1035 section 2.3.4); room for what makes a name another one. */
const LONGEST_STEM = 58;

function tryOwner(name: string, domain: DomainName): DomainName | undefined {
  try {
    return parseOwner(name, domain);
  } catch (error) {
    if (error instanceof UserError) return undefined;
    throw error;
  }
}

/** Who has which name under the domain before any device: the box, and the owner's records. */
function ownersOfNames(config: Config): ReadonlyMap<string, string> {
  const { system, mail, dns } = config;
  const domain = parseDomainName(system.domain);
  const owners = new Map<string, string>();
  dns.records.forEach(({ name }, index) => {
    const owner = tryOwner(name, domain);
    if (owner !== undefined && !owners.has(owner)) owners.set(owner, `dns.records[${index}]`);
  });
  const own = [...BUILT_IN_LABELS, system.name].map((label) => `${label}.${system.domain}`);
  for (const name of own) owners.set(asciiLower(name), 'the box');
  if (mail.enabled) owners.set(asciiLower(mailHostName(config)), 'the mail server of the box');
  return owners;
}

/** A device would wait for such a name as long as the configuration stands, so its owner is told at once. */
function reservedNameProblems(config: Config): Problem[] {
  const { dhcp, system } = config;
  const owners = ownersOfNames(config);
  const reserved = new Set(dhcp.reservations.map(({ name }) => asciiLower(name ?? '')));
  const isTaken = (label: string): boolean =>
    reserved.has(asciiLower(label)) || owners.has(asciiLower(`${label}.${system.domain}`));
  return dhcp.reservations.flatMap(({ name }, index): Problem[] => {
    const owner = name === null ? undefined : owners.get(asciiLower(`${name}.${system.domain}`));
    if (name === null || owner === undefined) return [];
    const stem = name.slice(0, LONGEST_STEM);
    let number = 2;
    while (isTaken(`${stem}-${number}`)) number++;
    return [
      {
        path: `dhcp.reservations[${index}].name`,
        found: `"${name}", which is a name of ${owner}`,
        wanted: `a name that nothing else has, such as "${stem}-${number}", or null`,
      },
    ];
  });
}

export const RESERVED_NAME_FINDERS: readonly Finder[] = [
  { parts: ['dhcp', 'dns', 'system', 'mail'], find: reservedNameProblems },
];
