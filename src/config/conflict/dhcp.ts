import { Days, Minutes, formatDuration } from '../../base/duration.ts';
import type { Problem } from '../../base/errors.ts';
import type { Ipv4 } from '../../base/ipv4.ts';
import { contains4, formatPrefix4, lastAddress4, network4 } from '../../base/prefix.ts';
import { defaultPool } from '../default-pool.ts';
import { usualOptionType } from '../../wire/dhcp4/option-catalog.ts';
import { optionProblem } from '../../wire/dhcp4/option-problem.ts';
import type { Config } from '../schema.ts';
import { type Finder, lanDeviceProblem, quoted, repeated } from './finder.ts';

const MIN_LEASE_TIME = Minutes(2);
const MAX_LEASE_TIME = Days(365);

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

function reservationProblems({ dhcp, lan }: Config): Problem[] {
  const single = dhcp.reservations.flatMap((reservation, index): Problem[] => {
    const path = `dhcp.reservations[${index}]`;
    const { mac, clientId, hostName, address } = reservation;
    const problem = lanDeviceProblem(lan.address, `${path}.address`, address);
    const nameless: Problem = {
      path,
      found: 'neither "mac" nor "clientId" nor "hostName"',
      wanted: 'one of them, to know the device by',
    };
    const isNameless = mac === null && clientId === null && hostName === null;
    return [...(problem === undefined ? [] : [problem]), ...(isNameless ? [nameless] : [])];
  });
  const twice = (['mac', 'clientId', 'hostName', 'address', 'name'] as const).flatMap((key) => {
    const values = dhcp.reservations.map((one) =>
      typeof one[key] === 'string' ? one[key].toLowerCase() : one[key],
    );
    return repeated(values).map(({ index, earlier }) => ({
      path: `dhcp.reservations[${index}].${key}`,
      found: 'a value used twice',
      wanted: `a ${key} other than that of dhcp.reservations[${earlier}]`,
    }));
  });
  return [...single, ...twice];
}

/** A pool of which nothing is left to give. */
function emptyPoolProblems({ dhcp, lan }: Config): Problem[] {
  const { first, last } = dhcp.pool ?? defaultPool(lan.address);
  if (!dhcp.enabled || first > last) return [];
  const excluded = [...dhcp.exclude, { first: lan.address.address, last: lan.address.address }].toSorted(
    (a, b) => a.first - b.first,
  );
  const next = excluded.reduce(
    (free, range) => (range.first <= free && free <= range.last ? range.last + 1 : free),
    first as number,
  );
  if (next <= last) return [];
  return [
    {
      path: 'dhcp.exclude',
      found: 'every address of the pool',
      wanted: `at least one address from ${quoted(first)} to ${quoted(last)} left to give`,
    },
  ];
}

function optionProblems({ dhcp }: Config): Problem[] {
  const single = dhcp.options.flatMap(({ code, type, value }, index): Problem[] => {
    const problem = optionProblem(code, type ?? usualOptionType(code), value);
    if (problem === undefined) return [];
    const found = { code, type, value }[problem.part];
    return [
      {
        path: `dhcp.options[${index}].${problem.part}`,
        found: JSON.stringify(found),
        wanted: problem.wanted,
      },
    ];
  });
  const twice = repeated(dhcp.options.map(({ code }) => code)).map(({ index, earlier }) => ({
    path: `dhcp.options[${index}].code`,
    found: String(dhcp.options[index]?.code),
    wanted: `a number other than that of dhcp.options[${earlier}]`,
  }));
  return [...single, ...twice];
}

export const DHCP_FINDERS: readonly Finder[] = [
  { parts: ['dhcp', 'lan'], find: poolProblems },
  { parts: ['dhcp', 'lan'], find: emptyPoolProblems },
  { parts: ['dhcp'], find: leaseTimeProblems },
  { parts: ['dhcp', 'lan'], find: reservationProblems },
  { parts: ['dhcp'], find: optionProblems },
];
