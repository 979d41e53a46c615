import type { Problem } from '../../base/errors.ts';
import { type Ipv4, isUnicast4 } from '../../base/ipv4.ts';
import { type Prefix4, contains4, formatPrefix4, isHost4 } from '../../base/prefix.ts';
import { MAX_SHIFTED_PORTS } from '../../base/shifted-ports.ts';
import { DHCP4_CLIENT_PORT } from '../../wire/dhcp4/constants.ts';
import type { Config } from '../schema.ts';
import { SERVICE_PORTS } from '../service-ports.ts';
import type { PortRange } from '../values.ts';
import { type Finder, lanDeviceProblem, quoted, repeated } from './finder.ts';

type Forward = Config['firewall']['forwards'][number];
type Protocol = 'tcp' | 'udp';

/** Ports of the WAN that someone has. */
interface Claim extends PortRange {
  readonly protocol: Protocol;
  /** Whose packets; empty is everybody's. */
  readonly from: readonly Prefix4[];
  readonly owner: string;
}

const LAST_PORT = 65_535;

function rangeText({ first, last }: PortRange): string {
  return first === last ? String(first) : `${first}-${last}`;
}

function sameSenders(a: readonly Prefix4[], b: readonly Prefix4[]): boolean {
  if (a.length === 0 || b.length === 0) return true;
  return a.some((one) => b.some((other) => contains4(one, other.address) || contains4(other, one.address)));
}

/** What the box itself needs on the WAN. */
function ownClaims({ firewall, wan }: Config): Claim[] {
  const services = firewall.publicServices.map((name): Claim => {
    const { protocol, port } = SERVICE_PORTS[name];
    return { protocol, first: port, last: port, from: [], owner: `firewall.publicServices "${name}"` };
  });
  const client: Claim = {
    protocol: 'udp',
    // The DHCP client of the WAN is answered there (RFC 2131 section 4.1).
    first: DHCP4_CLIENT_PORT,
    last: DHCP4_CLIENT_PORT,
    from: [],
    owner: 'the DHCP client of the WAN',
  };
  return wan.ipv4.method === 'dhcp' ? [...services, client] : services;
}

/** Claims by protocol and first port, so that 2000 forwards are looked through quickly. */
class ClaimList {
  readonly #claims: Readonly<Record<Protocol, Claim[]>> = { tcp: [], udp: [] };

  add(claim: Claim): void {
    this.#claims[claim.protocol].push(claim);
  }

  find(wanted: Claim): Claim | undefined {
    return this.#claims[wanted.protocol].find(
      (one) => one.first <= wanted.last && wanted.first <= one.last && sameSenders(one.from, wanted.from),
    );
  }

  /** The nearest ports above, else below, that nobody has. Whoever has some is passed in one step: there may be thousands. */
  nearestFree(wanted: Claim): PortRange | undefined {
    const length = wanted.last - wanted.first;
    for (let first = wanted.first + 1; first + length <= LAST_PORT;) {
      const clash = this.find({ ...wanted, first, last: first + length });
      if (clash === undefined) return { first, last: first + length };
      first = clash.last + 1;
    }
    for (let first = wanted.first - 1; first >= 1;) {
      const clash = this.find({ ...wanted, first, last: first + length });
      if (clash === undefined) return { first, last: first + length };
      first = clash.first - length - 1;
    }
    return undefined;
  }
}

function targetProblems(config: Config, path: string, { to, toPort, port, enabled }: Forward): Problem[] {
  const target = lanDeviceProblem(config.lan.address, `${path}.to`, to);
  const problems = target === undefined ? [] : [target];
  const length = port.last - port.first + 1;
  if (toPort === null || toPort === port.first) return problems;
  if (enabled && length > MAX_SHIFTED_PORTS) {
    const nearest = rangeText({ first: port.first, last: port.first + MAX_SHIFTED_PORTS - 1 });
    problems.push({
      path: `${path}.port`,
      found: `"${rangeText(port)}"`,
      wanted: `at most ${MAX_SHIFTED_PORTS} ports that lead to others, such as "${nearest}"; with toPort null a range of any length keeps its ports`,
    });
  }
  if (toPort + length - 1 <= LAST_PORT) return problems;
  const wanted = `a port of at most ${LAST_PORT - length + 1}, as the range is ${length} ports long`;
  return [...problems, { path: `${path}.toPort`, found: String(toPort), wanted }];
}

function forwardProblems(config: Config): Problem[] {
  const claims = new ClaimList();
  for (const claim of ownClaims(config)) claims.add(claim);
  const { forwards } = config.firewall;
  const problems = forwards.flatMap((forward, index) => {
    const path = `firewall.forwards[${index}]`;
    const { protocol, port, from, enabled } = forward;
    const found = targetProblems(config, path, forward);
    if (!enabled) return found;
    for (const one of protocol === 'both' ? (['tcp', 'udp'] as const) : [protocol]) {
      const claim: Claim = { ...port, protocol: one, from, owner: path };
      const clash = claims.find(claim);
      if (clash === undefined) {
        claims.add(claim);
        continue;
      }
      const free = claims.nearestFree(claim);
      const such = free === undefined ? '' : `, such as "${rangeText(free)}"`;
      found.push({
        path: `${path}.port`,
        found: `${one} ${rangeText(port)}`,
        wanted: `ports not used by ${clash.owner}${such}`,
      });
    }
    return found;
  });
  return [...problems, ...sameNames('firewall.forwards', forwards)];
}

function sameNames(list: string, entries: readonly { readonly name: string }[]): Problem[] {
  return repeated(entries.map(({ name }) => name)).map(({ index, earlier }) => ({
    path: `${list}[${index}].name`,
    found: `"${entries[index]?.name ?? ''}"`,
    wanted: `a name other than that of ${list}[${earlier}]`,
  }));
}

/** What is wrong with an address that the box is to answer for on the WAN besides its own; undefined if nothing is. */
function furtherAddressProblem({ lan, wan }: Config, address: Ipv4): string | undefined {
  if (!isUnicast4(address)) return 'an address that one host can have, of those the provider gave';
  if (contains4(lan.address, address)) return `an address outside the LAN, ${formatPrefix4(lan.address)}`;
  if (wan.ipv4.method !== 'static') return undefined;
  const { address: own, gateway } = wan.ipv4;
  if (own.address === address)
    return 'an address other than that of the box; firewall.exposedHost gives a device what comes to that';
  if (gateway === address) return 'an address other than that of wan.ipv4.gateway';
  if (contains4(own, address) && !isHost4(own, address))
    return `an address of a host, neither the first nor the last of ${formatPrefix4(own)}`;
  return undefined;
}

function oneToOneProblems(config: Config): Problem[] {
  const list = config.firewall.oneToOne;
  const single = list.flatMap(({ address, to }, index): Problem[] => {
    const path = `firewall.oneToOne[${index}]`;
    const problem = lanDeviceProblem(config.lan.address, `${path}.to`, to);
    const wanted = furtherAddressProblem(config, address);
    return [
      ...(problem === undefined ? [] : [problem]),
      ...(wanted === undefined ? [] : [{ path: `${path}.address`, found: quoted(address), wanted }]),
    ];
  });
  const twice = (['address', 'to'] as const).flatMap((key) => {
    const addresses = list.map((entry) => quoted(entry[key]));
    return repeated(addresses).map(({ index, earlier }) => ({
      path: `firewall.oneToOne[${index}].${key}`,
      found: String(addresses[index]),
      wanted: `an address other than that of firewall.oneToOne[${earlier}]`,
    }));
  });
  return [...single, ...twice, ...sameNames('firewall.oneToOne', list)];
}

function exposedHostProblems({ firewall, lan }: Config): Problem[] {
  if (firewall.exposedHost === null) return [];
  const problem = lanDeviceProblem(lan.address, 'firewall.exposedHost', firewall.exposedHost);
  return problem === undefined ? [] : [problem];
}

/** A name can be of a device that is not here now, so it has to be of a reservation with a MAC address. */
function blockedDeviceProblems({ firewall, dhcp }: Config): Problem[] {
  const known = dhcp.reservations.flatMap(({ name, mac }) =>
    name === null || mac === null ? [] : [name.toLowerCase()],
  );
  return firewall.blockedDevices.flatMap((device, index) => {
    if ('mac' in device || known.includes(device.name)) return [];
    const names = known.length === 0 ? '' : ` (${known.slice(0, 5).join(', ')})`;
    return [
      {
        path: `firewall.blockedDevices[${index}]`,
        found: `"${device.name}"`,
        wanted: `a MAC address, or the name of a device in dhcp.reservations${names}`,
      },
    ];
  });
}

export const FIREWALL_FINDERS: readonly Finder[] = [
  { parts: ['firewall', 'lan', 'wan'], find: forwardProblems },
  { parts: ['firewall', 'lan', 'wan'], find: oneToOneProblems },
  { parts: ['firewall', 'lan'], find: exposedHostProblems },
  { parts: ['firewall', 'dhcp'], find: blockedDeviceProblems },
];
