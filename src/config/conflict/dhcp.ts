import { Days, Minutes, formatDuration } from '../../base/duration.ts';
import type { Problem } from '../../base/errors.ts';
import { type Ipv4, formatIpv4 } from '../../base/ipv4.ts';
import { contains4, formatPrefix4, lastAddress4, network4 } from '../../base/prefix.ts';
import { defaultPool } from '../default-pool.ts';
import type { Config } from '../schema.ts';
import type { AddressRange } from '../values.ts';
import { type Finder, lanDeviceProblem, nearestFreeHost, quoted, repeated } from './finder.ts';

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
      wanted: `a first address not above the last, such as ${quoted(dhcp.pool.last)} to ${quoted(dhcp.pool.first)}`,
    });
  return problems;
}

function leaseTimeProblems({ dhcp }: Config): Problem[] {
  if (dhcp.leaseTime >= MIN_LEASE_TIME && dhcp.leaseTime <= MAX_LEASE_TIME) return [];
  const [least, most] = [`"${formatDuration(MIN_LEASE_TIME)}"`, `"${formatDuration(MAX_LEASE_TIME)}"`];
  const nearest = dhcp.leaseTime < MIN_LEASE_TIME ? least : most;
  return [
    {
      path: 'dhcp.leaseTime',
      found: `"${formatDuration(dhcp.leaseTime)}"`,
      wanted: `a duration from ${least} to ${most}, such as ${nearest}`,
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
  return [...single, ...reservedTwice({ dhcp, lan })];
}

type Reservation = Config['dhcp']['reservations'][number];
type ReservedKey = keyof Reservation;

const RESERVED: Readonly<Record<ReservedKey, string>> = {
  mac: 'a MAC address',
  clientId: 'a client identifier',
  hostName: 'a host name',
  address: 'an address',
  name: 'a name',
};

/** How the owner writes a value of a reservation. */
function reservedText(reservation: Reservation, key: ReservedKey): string | null {
  return key === 'address' ? formatIpv4(reservation.address) : reservation[key];
}

function reservedTwice({ dhcp, lan }: Pick<Config, 'dhcp' | 'lan'>): Problem[] {
  const { reservations } = dhcp;
  const taken = new Set(reservations.map(({ address }) => address));
  return (Object.keys(RESERVED) as ReservedKey[]).flatMap((key) => {
    const texts = reservations.map((one) => reservedText(one, key));
    return repeated(texts.map((text) => text?.toLowerCase())).map(({ index, earlier }) => {
      const free =
        key === 'address' ? nearestFreeHost(lan.address, reservations[index]?.address, taken) : undefined;
      const such = free === undefined ? '' : `, such as ${quoted(free)}`;
      return {
        path: `dhcp.reservations[${index}].${key}`,
        found: JSON.stringify(texts[index]),
        wanted: `${RESERVED[key]} other than that of dhcp.reservations[${earlier}]${such}`,
      };
    });
  });
}

/** A pool of which nothing is left to give: neither the box nor the ends of the LAN are addresses for a device. */
function emptyPoolProblems({ dhcp, lan }: Config): Problem[] {
  const usual = defaultPool(lan.address);
  const { first, last } = dhcp.pool ?? usual;
  if (!dhcp.enabled || first > last) return [];
  const own = [network4(lan.address), lan.address.address, lastAddress4(lan.address)].map((address) => ({
    first: address,
    last: address,
  }));
  if (isCovered({ first, last }, own))
    return [
      {
        path: 'dhcp.pool',
        found: `${quoted(first)} to ${quoted(last)}, of which no device can have one`,
        wanted: `a pool with addresses to give, such as ${quoted(usual.first)} to ${quoted(usual.last)}`,
      },
    ];
  if (!isCovered({ first, last }, [...own, ...dhcp.exclude])) return [];
  return [
    {
      path: 'dhcp.exclude',
      found: 'every address of the pool',
      wanted: `at least one address from ${quoted(first)} to ${quoted(last)} left to give`,
    },
  ];
}

function isCovered({ first, last }: AddressRange, by: readonly AddressRange[]): boolean {
  const next = by
    .toSorted((a, b) => a.first - b.first)
    .reduce(
      (free, range) => (range.first <= free && free <= range.last ? range.last + 1 : free),
      first as number,
    );
  return next > last;
}

/** An address that is no address of the LAN keeps nothing back: a slip of the pen, and the one that was meant would be given. */
function excludeProblems({ dhcp, lan }: Config): Problem[] {
  return dhcp.exclude.flatMap((range, index) => {
    if (range.last >= network4(lan.address) && range.first <= lastAddress4(lan.address)) return [];
    const found = range.first === range.last ? formatIpv4(range.first) : rangeText(range);
    return [
      {
        path: `dhcp.exclude[${index}]`,
        found: `"${found}"`,
        wanted: `addresses within ${formatPrefix4(lan.address)}`,
      },
    ];
  });
}

function rangeText({ first, last }: AddressRange): string {
  return `${formatIpv4(first)}-${formatIpv4(last)}`;
}

export const DHCP_FINDERS: readonly Finder[] = [
  { parts: ['dhcp', 'lan'], find: excludeProblems },
  { parts: ['dhcp', 'lan'], find: poolProblems },
  { parts: ['dhcp', 'lan'], find: emptyPoolProblems },
  { parts: ['dhcp'], find: leaseTimeProblems },
  { parts: ['dhcp', 'lan'], find: reservationProblems },
];
