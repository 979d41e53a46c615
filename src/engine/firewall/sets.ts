import { UserError } from '../../base/errors.ts';
import { type Ipv4, formatIpv4, ipv4Bytes } from '../../base/ipv4.ts';
import { type Prefix4, lastAddress4, network4 } from '../../base/prefix.ts';
import { SET } from './names.ts';
import type { FirewallOptions, FirewallService, OneToOne } from './options.ts';
import type { RulesetElement, RulesetSet } from './ruleset.ts';
import { IPPROTO, deviceKey } from './statement.ts';

/** The devices of a role by name, so that one that is missing just now is matched when it comes. */
export function deviceSet(name: string, comment: string, devices: readonly string[]): RulesetSet {
  const elements = [...new Set(devices)].map((device) => ({ key: deviceKey(device) }));
  return { name, comment, key: ['ifname'], interval: false, elements };
}

export function lanNetworkSet(networks: readonly Prefix4[]): RulesetSet {
  const elements = networks
    .toSorted((a, b) => network4(a) - network4(b))
    .map((prefix) => ({ key: ipv4Bytes(network4(prefix)), last: ipv4Bytes(lastAddress4(prefix)) }));
  return { name: SET.LAN_NETWORKS, comment: 'lan.address', key: ['ipv4_addr'], interval: true, elements };
}

export type ServiceSide = 'lan' | 'wan';

/** The name of a service's counter. */
export function serviceCounter(side: ServiceSide, service: FirewallService): string {
  return `${side}-${service.name}`;
}

/**
 * A map from protocol and port to the service's counter: one lookup that both allows and counts.
 * @throws UserError when two services claim one port
 */
export function serviceSet(side: ServiceSide, services: readonly FirewallService[]): RulesetSet {
  const owners = new Map<string, string>();
  const elements = services.map((service): RulesetElement => {
    const { name, protocol, port } = service;
    const place = `${protocol} port ${port}`;
    const owner = owners.get(place);
    if (owner !== undefined)
      throw new UserError(`Cannot open ${place} for "${name}": the service "${owner}" answers there already`);
    owners.set(place, name);
    const number = protocol === 'tcp' ? IPPROTO.TCP : IPPROTO.UDP;
    return {
      key: Uint8Array.of(number, 0, 0, 0, port >> 8, port & 255, 0, 0),
      value: { counter: serviceCounter(side, service) },
    };
  });
  return {
    name: side === 'lan' ? SET.LAN_SERVICES : SET.PUBLIC_SERVICES,
    comment: side === 'lan' ? 'services of the box on the LAN' : 'firewall.publicServices',
    key: ['inet_proto', 'inet_service'],
    value: 'counter',
    interval: false,
    elements,
  };
}

/** The map of port forwards for everybody, from protocol and port to an address and a port. */
export function forwardedPortSet(elements: readonly RulesetElement[], isCounted: boolean): RulesetSet {
  return {
    name: SET.FORWARDED_PORTS,
    comment: 'firewall.forwards',
    key: ['inet_proto', 'inet_service'],
    value: ['ipv4_addr', 'inet_service'],
    interval: false,
    counted: isCounted,
    elements,
  };
}

/** A map of the other port forwards, by sender too; the value is an address, or an address and a port. */
export function forwardSet(
  name: string,
  value: readonly ('ipv4_addr' | 'inet_service')[],
  elements: readonly RulesetElement[],
  isCounted: boolean,
): RulesetSet {
  return {
    name,
    comment: 'firewall.forwards',
    key: ['ipv4_addr', 'inet_proto', 'inet_service'],
    value,
    interval: true,
    counted: isCounted,
    elements,
  };
}

/**
 * Maps from the address on the WAN to the LAN device that has it, and the other way round.
 * @throws UserError when two lines claim one address or one device: each belongs to one other, both ways
 */
export function oneToOneSets(lines: readonly OneToOne[], isCounted: boolean): RulesetSet[] {
  const elements = (key: 'address' | 'to', value: 'address' | 'to'): RulesetElement[] =>
    lines.map((line, index) => ({
      key: ipv4Bytes(line[key]),
      value: { bytes: ipv4Bytes(line[value]) },
      comment: `firewall.oneToOne[${index}] ${line.name}`,
    }));
  for (const key of ['address', 'to'] as const) checkOnce(lines, key);
  const set = (name: string, all: readonly RulesetElement[]): RulesetSet => ({
    name,
    comment: 'firewall.oneToOne',
    key: ['ipv4_addr'],
    value: ['ipv4_addr'],
    interval: false,
    counted: isCounted,
    elements: all,
  });
  return [
    set(SET.ONE_TO_ONE, elements('address', 'to')),
    set(SET.ONE_TO_ONE_SOURCE, elements('to', 'address')),
  ];
}

function checkOnce(lines: readonly OneToOne[], key: 'address' | 'to'): void {
  const owners = new Map<Ipv4, string>();
  for (const { name, [key]: address } of lines) {
    const owner = owners.get(address);
    if (owner !== undefined)
      throw new UserError(
        `Cannot give ${formatIpv4(address)} to "${name}" of firewall.oneToOne: "${owner}" has it already; ` +
          'an address on the WAN and a LAN device belong to each other alone',
      );
    owners.set(address, name);
  }
}

/** A map from the devices that packets come in by to the host that gets what nothing else claims. */
export function exposedHostSet(
  { wan, lan, hairpin, exposedHost }: FirewallOptions,
  isCounted: boolean,
): RulesetSet {
  const comment = 'firewall.exposedHost';
  const value = exposedHost === null ? undefined : { bytes: ipv4Bytes(exposedHost) };
  const devices = value === undefined ? [] : [...wan, ...(hairpin ? lan : [])];
  return {
    name: SET.EXPOSED_HOST,
    comment,
    key: ['ifname'],
    value: ['ipv4_addr'],
    interval: false,
    counted: isCounted,
    elements: [...new Set(devices)].map((device) => ({ key: deviceKey(device), value, comment })),
  };
}
