import { UserError } from '../../base/errors.ts';
import { ipv4Bytes } from '../../base/ipv4.ts';
import { type Prefix4, lastAddress4, network4 } from '../../base/prefix.ts';
import { COUNTER, SET } from './names.ts';
import type { FirewallOptions, FirewallService } from './options.ts';
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

/** A map from the devices a packet comes in and goes out by to the counter of that direction. */
export function directionSet({ wan, lan }: Pick<FirewallOptions, 'wan' | 'lan'>): RulesetSet {
  const pairs = (from: readonly string[], to: readonly string[], counter: string): RulesetElement[] =>
    from.flatMap((a) =>
      to.map((b) => ({ key: Uint8Array.of(...deviceKey(a), ...deviceKey(b)), value: { counter } })),
    );
  return {
    name: SET.DIRECTIONS,
    comment: 'wan.device, lan.devices',
    key: ['ifname', 'ifname'],
    value: 'counter',
    interval: false,
    elements: [
      ...pairs(lan, wan, COUNTER.LAN_TO_WAN),
      ...pairs(wan, lan, COUNTER.WAN_TO_LAN),
      ...pairs(lan, lan, COUNTER.LAN_TO_LAN),
    ],
  };
}

/** A map of port forwards; the value is an address, or an address and a port. */
export function forwardSet(
  name: string,
  value: readonly ('ipv4_addr' | 'inet_service')[],
  elements: readonly RulesetElement[],
): RulesetSet {
  return {
    name,
    comment: 'firewall.forwards',
    key: ['ipv4_addr', 'inet_proto', 'inet_service'],
    value,
    interval: true,
    elements,
  };
}
