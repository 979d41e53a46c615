import { formatIpv4, type Ipv4 } from '../base/ipv4.ts';
import { Days, Minutes, Seconds, formatDuration } from '../base/duration.ts';
import { type Problem, UserError } from '../base/errors.ts';
import { parseDomainName } from '../wire/dns/domain-name.ts';
import { parseOwner, parseRecordData } from '../wire/dns/presentation.ts';
import { contains4, formatPrefix4, isHost4, network4, lastAddress4 } from '../base/prefix.ts';
import { SERVICE_PORTS } from './service-ports.ts';
import type { Config } from './schema.ts';

/*
 * What no single value shows: values that do not fit each other. Each finder looks at one part;
 * all of them run, so that the owner sees every problem at once.
 */

const MIN_LEASE_TIME = Minutes(2);
const MAX_LEASE_TIME = Days(365);

type Finder = (config: Config) => readonly Problem[];

const quoted = (address: Ipv4): string => `"${formatIpv4(address)}"`;

function wanAddressProblems({ lan, wan }: Config): Problem[] {
  if (wan.ipv4.method !== 'static') return [];
  const { address, gateway } = wan.ipv4;
  const problems: Problem[] = [];
  if (contains4(lan.address, address.address) || contains4(address, lan.address.address)) {
    problems.push({
      path: 'wan.ipv4.address',
      found: `"${formatPrefix4(address)}"`,
      wanted: `an address outside the LAN, ${formatPrefix4(lan.address)}`,
    });
  }
  if (gateway !== null && !contains4(address, gateway)) {
    problems.push({
      path: 'wan.ipv4.gateway',
      found: quoted(gateway),
      wanted: `an address within ${formatPrefix4(address)}`,
    });
  }
  return problems;
}

function lanAddressProblems({ lan, mode }: Config): Problem[] {
  const found = `"${formatPrefix4(lan.address)}"`;
  if (lan.address.length < 8 || lan.address.length > 30)
    return [{ path: 'lan.address', found, wanted: 'a prefix length from 8 to 30' }];
  if (!isHost4(lan.address, lan.address.address)) {
    return [
      {
        path: 'lan.address',
        found,
        wanted: 'the address of a host, neither the first nor the last of its prefix',
      },
    ];
  }
  if (mode === 'lan-only' && lan.gateway !== null && !isHost4(lan.address, lan.gateway)) {
    return [
      {
        path: 'lan.gateway',
        found: quoted(lan.gateway),
        wanted: `a host within ${formatPrefix4(lan.address)}`,
      },
    ];
  }
  return [];
}

function deviceProblems({ lan, wan }: Config): Problem[] {
  const problems: Problem[] = [];
  if (lan.devices.includes(wan.device))
    problems.push({
      path: 'lan.devices',
      found: `"${wan.device}"`,
      wanted: 'devices other than that of the WAN',
    });
  if (new Set(lan.devices).size !== lan.devices.length)
    problems.push({ path: 'lan.devices', found: 'a device named twice', wanted: 'each device once' });
  return problems;
}

function poolProblems({ dhcp, lan }: Config): Problem[] {
  if (dhcp.pool === null) return [];
  const problems: Problem[] = [];
  for (const end of ['first', 'last'] as const) {
    if (!contains4(lan.address, dhcp.pool[end])) {
      const nearest = end === 'first' ? network4(lan.address) + 1 : lastAddress4(lan.address) - 1;
      problems.push({
        path: `dhcp.pool.${end}`,
        found: quoted(dhcp.pool[end]),
        wanted: `an address within ${formatPrefix4(lan.address)} such as ${quoted(nearest as Ipv4)}`,
      });
    }
  }
  if (dhcp.pool.first > dhcp.pool.last)
    problems.push({
      path: 'dhcp.pool',
      found: `${quoted(dhcp.pool.first)} to ${quoted(dhcp.pool.last)}`,
      wanted: 'a first address not above the last',
    });
  return problems;
}

function leaseTimeProblems({ dhcp }: Config): Problem[] {
  if (dhcp.leaseTime >= MIN_LEASE_TIME && dhcp.leaseTime <= MAX_LEASE_TIME) return [];
  return [
    {
      path: 'dhcp.leaseTime',
      found: `"${formatDuration(dhcp.leaseTime)}"`,
      wanted: `a duration from "${formatDuration(MIN_LEASE_TIME)}" to "${formatDuration(MAX_LEASE_TIME)}"`,
    },
  ];
}

/** The first index at which each repeated value stood before. */
function repeated(values: readonly unknown[]): { readonly index: number; readonly earlier: number }[] {
  const seen = new Map<unknown, number>();
  return values.flatMap((value, index) => {
    const earlier = seen.get(value);
    if (earlier === undefined) seen.set(value, index);
    return earlier === undefined ? [] : [{ index, earlier }];
  });
}

function reservationProblems({ dhcp, lan }: Config): Problem[] {
  const outside = dhcp.reservations.flatMap(({ address }, index): Problem[] => {
    const path = `dhcp.reservations[${index}].address`;
    if (!isHost4(lan.address, address))
      return [{ path, found: quoted(address), wanted: `a host within ${formatPrefix4(lan.address)}` }];
    if (address === lan.address.address)
      return [{ path, found: quoted(address), wanted: 'an address other than that of the box' }];
    return [];
  });
  const twice = (['mac', 'address', 'name'] as const).flatMap((key) => {
    const values = dhcp.reservations.map((one, index) => one[key] ?? `none ${index}`);
    return repeated(values).map(({ index, earlier }) => ({
      path: `dhcp.reservations[${index}].${key}`,
      found: 'a value used twice',
      wanted: `a ${key} other than that of dhcp.reservations[${earlier}]`,
    }));
  });
  return [...outside, ...twice];
}

interface OpenPort {
  readonly protocol: 'tcp' | 'udp';
  readonly first: number;
  readonly last: number;
  readonly owner: string;
}

function publicPorts({ firewall }: Config): OpenPort[] {
  return firewall.publicServices.map((name) => {
    const { protocol, port } = SERVICE_PORTS[name];
    return { protocol, first: port, last: port, owner: `firewall.publicServices "${name}"` };
  });
}

function forwardProblems(config: Config): Problem[] {
  const taken = publicPorts(config);
  const problems: Problem[] = [];
  for (const [index, forward] of config.firewall.forwards.entries()) {
    const path = `firewall.forwards[${index}]`;
    const { first, last } = forward.port;
    if (!isHost4(config.lan.address, forward.to)) {
      problems.push({
        path: `${path}.to`,
        found: quoted(forward.to),
        wanted: `a LAN device within ${formatPrefix4(config.lan.address)}`,
      });
    } else if (forward.to === config.lan.address.address) {
      problems.push({
        path: `${path}.to`,
        found: quoted(forward.to),
        wanted: 'a LAN device other than the box; its own services are opened by firewall.publicServices',
      });
    }
    if (forward.toPort !== null && forward.toPort + last - first > 65535) {
      problems.push({
        path: `${path}.toPort`,
        found: String(forward.toPort),
        wanted: `a port of at most ${65535 - last + first}, as the range is ${last - first + 1} ports long`,
      });
    }
    for (const protocol of forward.protocol === 'both' ? (['tcp', 'udp'] as const) : [forward.protocol]) {
      const clash = taken.find((one) => one.protocol === protocol && one.first <= last && first <= one.last);
      if (clash !== undefined)
        problems.push({
          path: `${path}.port`,
          found: `${protocol} ${first === last ? first : `${first}-${last}`}`,
          wanted: `ports not used by ${clash.owner}`,
        });
      taken.push({ protocol, first, last, owner: path });
    }
  }
  const names = config.firewall.forwards.map(({ name }) => name);
  for (const { index, earlier } of repeated(names)) {
    problems.push({
      path: `firewall.forwards[${index}].name`,
      found: `"${names[index]}"`,
      wanted: `a name other than that of firewall.forwards[${earlier}]`,
    });
  }
  return problems;
}

function userProblems({ users, mail }: Config): Problem[] {
  const names = users.map(({ name }) => name);
  const twice = repeated(names).map(({ index, earlier }) => ({
    path: `users[${index}].name`,
    found: `"${names[index]}"`,
    wanted: `a name other than that of users[${earlier}]`,
  }));
  const known = new Set([...names, ...Object.keys(mail.aliases)]);
  const dangling = Object.entries(mail.aliases).flatMap(([alias, members]) =>
    members.flatMap((member, index) =>
      member.includes('@') || known.has(member) || member === 'admin'
        ? []
        : [
            {
              path: `mail.aliases.${alias}[${index}]`,
              found: `"${member}"`,
              wanted: 'a user, another alias or an outside address',
            },
          ],
    ),
  );
  return [...twice, ...dangling];
}

/** What the server says about itself and the lease: an option in its place would make leases unusable (RFC 2132 section 9). */
const OWN_OPTIONS = [50, 51, 52, 53, 54, 55, 56, 57, 61, 82];

function optionProblems({ dhcp }: Config): Problem[] {
  return dhcp.options.flatMap(({ code }, index) =>
    OWN_OPTIONS.includes(code)
      ? [
          {
            path: `dhcp.options[${index}].code`,
            found: String(code),
            wanted: 'an option other than those the server makes itself: 50 to 57, 61, 82',
          },
        ]
      : [],
  );
}

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

function webProblems({ web }: Config): Problem[] {
  const both =
    web.http === web.https
      ? [{ path: 'web.https', found: String(web.https), wanted: 'a port other than web.http' }]
      : [];
  const taken = (['http', 'https'] as const).flatMap((key) => {
    const service = Object.entries(SERVICE_PORTS).find(
      ([, { protocol, port }]) => protocol === 'tcp' && port === web[key],
    );
    return service === undefined
      ? []
      : [{ path: `web.${key}`, found: String(web[key]), wanted: `a port other than that of ${service[0]}` }];
  });
  return [...both, ...taken];
}

/** With the parts of the configuration that each looks at. */
const FINDERS: readonly { readonly parts: readonly (keyof Config)[]; readonly find: Finder }[] = [
  { parts: ['lan', 'mode'], find: lanAddressProblems },
  { parts: ['lan', 'wan'], find: deviceProblems },
  { parts: ['lan', 'wan'], find: wanAddressProblems },
  { parts: ['dhcp', 'lan'], find: poolProblems },
  { parts: ['dhcp'], find: leaseTimeProblems },
  { parts: ['dhcp', 'lan'], find: reservationProblems },
  { parts: ['firewall', 'lan'], find: forwardProblems },
  { parts: ['users', 'mail'], find: userProblems },
  { parts: ['dhcp'], find: optionProblems },
  { parts: ['dns', 'system'], find: recordProblems },
  { parts: ['web'], find: webProblems },
];

/** Every problem between values, but for those that a part in `unreadable` has a say in: its values are not the owner's. */
export function findConflicts(config: Config, unreadable: ReadonlySet<string> = new Set()): Problem[] {
  return FINDERS.filter(({ parts }) => !parts.some((part) => unreadable.has(part))).flatMap(({ find }) =>
    find(config),
  );
}
