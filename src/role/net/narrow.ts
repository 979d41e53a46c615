import { isIpv4 } from '../../base/address.ts';
import { inSeconds } from '../../base/duration.ts';
import { hostLabel } from '../../base/host-label.ts';
import { UNSPECIFIED, formatIpv4 } from '../../base/ipv4.ts';
import type { Mac } from '../../base/mac.ts';
import { EVERYWHERE4, LOOPBACK_NETWORK4, contains4, formatPrefix4 } from '../../base/prefix.ts';
import type { Upstream } from '../../base/upstream.ts';
import { defaultPool } from '../../config/default-pool.ts';
import { mailHostName } from '../../config/mail-host-name.ts';
import type { Config } from '../../config/schema.ts';
import { FRONT_PORTS, SERVICE_PORTS, type ServiceName } from '../../config/service-ports.ts';
import type { AddressRange, Dhcp4ServerOptions } from '../../engine/dhcp4-server/options.ts';
import { makeRecord } from '../../engine/dns-zone/answer.ts';
import type { ReservedName } from '../../engine/dns-zone/lease-names.ts';
import type { BlockedDevices, FirewallOptions, FirewallService } from '../../engine/firewall/options.ts';
import { LAN_BRIDGE, type WantedLinks } from '../../engine/links/wanted.ts';
import type { DnsOptions } from '../../service/dns/start-dns.ts';
import type { WanAddress, WanMethod } from '../../service/wan/wan-state.ts';
import type { ClientKey } from '../../wire/dhcp4/client-key.ts';
import { usualOptionType } from '../../wire/dhcp4/option-catalog.ts';
import { encodeOptionValue } from '../../wire/dhcp4/option-value.ts';
import { joinNames, parseDomainName } from '../../wire/dns/domain-name.ts';
import { parseOwner, parseRecordData } from '../../wire/dns/presentation.ts';
import type { MailListener, PostOptions, PostUser, WebOptions } from '../ipc.ts';
import { mailRoutes } from './mail-routes.ts';
import { clientServers, mailDomains } from './server-names.ts';
import { canBeRouter, harmlessRoutes, wanConflict } from './wan-conflict.ts';

/*
 * From the one configuration to what each service may know of it.
 */

/** Routes of the WAN yield to routes that an owner or another program adds without a metric. */
const WAN_METRIC = 100;

const MAIL_SERVICES = ['smtp', 'submission', 'submissions', 'pop3', 'pop3s'] as const;

/** The device that carries the LAN's address, `names` being the interface names of the configured devices. */
export function lanDevice({ lan }: Config, nameOf: (device: string) => string): string {
  const [first = '', ...others] = lan.devices;
  return others.length > 0 ? LAN_BRIDGE : nameOf(first);
}

function firewallService(name: ServiceName): FirewallService {
  const { protocol, port } = SERVICE_PORTS[name];
  return { name: name === 'dns-tcp' ? 'dns' : name, protocol, port };
}

function lanServices({ mail, web, dhcp }: Config): FirewallService[] {
  const names: ServiceName[] = [
    'dns',
    'dns-tcp',
    ...(dhcp.enabled ? (['dhcp'] as const) : []),
    ...(mail.enabled ? MAIL_SERVICES : []),
  ];
  const webPorts = new Set([web.http, web.https, FRONT_PORTS.http, FRONT_PORTS.https]);
  return [
    ...names.map(firewallService),
    ...[...webPorts].map((port) => ({ name: 'web', protocol: 'tcp', port }) as const),
  ];
}

export interface DeviceNames {
  /** With the addresses of each side: the VLAN device or the bridge, if there is one. */
  readonly wan: string;
  readonly lan: string;
  /** Those packets come in by, as far as they are there: the devices below. */
  readonly ports: readonly string[];
}

/** The MAC addresses of `firewall.blockedDevices`. */
export function blockedMacs({ firewall, dhcp }: Config): readonly Mac[] {
  const byName = new Map(dhcp.reservations.map(({ name, mac }) => [name?.toLowerCase(), mac] as const));
  const macs = firewall.blockedDevices.map((device) =>
    'mac' in device ? device.mac : (byName.get(device.name) ?? null),
  );
  return [...new Set(macs.filter((mac) => mac !== null))];
}

/** `blocked` are the devices of {@link blockedMacs} with the addresses they have now. */
export function firewallOptions(
  config: Config,
  devices: DeviceNames,
  blocked: BlockedDevices = { macs: blockedMacs(config), addresses: [] },
): FirewallOptions {
  const { firewall, mode, lan, mail } = config;
  return {
    mode,
    wan: [devices.wan],
    lan: [devices.lan],
    lanNetworks: [lan.address],
    lanServices: lanServices(config),
    publicServices: mail.enabled ? firewall.publicServices.map(firewallService) : [],
    forwards: firewall.forwards,
    oneToOne: firewall.oneToOne,
    exposedHost: firewall.exposedHost,
    blocked,
    hairpin: firewall.hairpin,
    pingFromWan: firewall.pingFromWan,
    logDropped: firewall.logDropped,
    offload: firewall.offload ? devices.ports : [],
  };
}

/** The addresses and routes wanted now; a WAN without a confirmed address is left as a previous run left it. */
export function wantedLinks(config: Config, address: WanAddress | 'none' | 'unknown'): WantedLinks {
  const { lan, wan, mode } = config;
  const routes =
    mode === 'lan-only' && lan.gateway !== null ? [{ destination: EVERYWHERE4, gateway: lan.gateway }] : [];
  return {
    lan: { devices: lan.devices, up: true, ipv4: { addresses: [lan.address], routes } },
    wan: {
      device: wan.device,
      up: mode !== 'lan-only',
      ...(wan.vlan === null ? {} : { vlan: wan.vlan }),
      ...(wan.mac === null ? {} : { mac: wan.mac }),
      ...(wan.mtu === null ? {} : { mtu: wan.mtu }),
      ...wanIpv4(config, address),
    },
  };
}

/** What a teardown leaves: the devices without addresses, routes, and what the box has put on top of them. */
export function bareLinks(config: Config): WantedLinks {
  const { lan, wan } = wantedLinks(config, 'none');
  if (lan === undefined || wan === undefined) return {};
  const ipv4 = { addresses: [], routes: [] };
  return {
    lan: { ...lan, devices: lan.devices.slice(0, 1), ipv4 },
    wan: { device: wan.device, up: wan.up, ipv4 },
  };
}

/** Whether the office is behind one address: only then a one-to-one address is the box's, which answers for it. */
function translates({ mode }: Config): boolean {
  return mode === 'firewall' || mode === 'firewall-dmz';
}

function wanIpv4(
  config: Config,
  address: WanAddress | 'none' | 'unknown',
): Pick<NonNullable<WantedLinks['wan']>, 'ipv4'> {
  const none = { ipv4: { addresses: [], routes: [] } };
  if (config.mode === 'lan-only' || address === 'none') return none;
  if (address === 'unknown') return {};
  if (wanConflict(config, address) !== undefined) return none;
  const { prefix, gateway } = address;
  const hasGateway = gateway !== undefined && canBeRouter(config, address, gateway);
  const toGateway = hasGateway ? [{ destination: EVERYWHERE4, gateway, metric: WAN_METRIC }] : [];
  const others = harmlessRoutes(config, address).map(({ destination, router }) => ({
    destination,
    metric: WAN_METRIC,
    ...(router === UNSPECIFIED ? {} : { gateway: router }),
  }));
  const further = translates(config)
    ? config.firewall.oneToOne.map((entry) => ({ address: entry.address, length: 32 }))
    : [];
  return { ipv4: { addresses: [prefix, ...further], routes: [...toGateway, ...others] } };
}

export function wanMethod({ wan, system }: Config): WanMethod {
  if (wan.ipv4.method === 'dhcp') return { kind: 'dhcp', hostName: system.name };
  const { address, gateway } = wan.ipv4;
  return { kind: 'static', address, gateway: gateway ?? undefined, dnsServers: [] };
}

function mailListeners({ mail, firewall, lan }: Config): MailListener[] {
  if (!mail.enabled) return [];
  const isPublic = (service: string): boolean =>
    (firewall.publicServices as readonly string[]).includes(service);
  return MAIL_SERVICES.map((service) => ({
    service,
    address: isPublic(service) ? '0.0.0.0' : formatIpv4(lan.address.address),
    port: SERVICE_PORTS[service].port,
    ...accessOf(mail, service),
  }));
}

function accessOf({ listeners }: Config['mail'], service: string): Pick<MailListener, 'allow' | 'deny'> {
  const rule = listeners.find((one) => one.service === service);
  if (rule === undefined) return {};
  return { allow: rule.allow.map(formatPrefix4), deny: rule.deny.map(formatPrefix4) };
}

function postUser(
  { name, password, quota, keepDays }: Config['users'][number],
  usual: number | null,
): PostUser {
  return { name, password, quota, keepDays: keepDays === 'default' ? usual : keepDays };
}

export function postOptions(config: Config, tls: PostOptions['tls']): PostOptions {
  const { mail, users, lan } = config;
  return {
    hostName: mailHostName(config),
    domains: mailDomains(config),
    users: users.map((one) => postUser(one, mail.keepDays)),
    aliases: mail.aliases,
    catchAll: mail.catchAll ?? undefined,
    maxMessage: mail.maxMessage,
    keepDays: mail.keepDays,
    relaysLan: mail.relayFrom.includes('lan'),
    routes: mailRoutes(mail),
    lan: formatPrefix4(lan.address),
    listeners: mailListeners(config),
    tls,
  };
}

export function webOptions(config: Config, tls: WebOptions['tls'], apiSocket: string): WebOptions {
  const { web, lan, system } = config;
  const names = ['admin', system.name, 'lan'].map((label) => `${label}.${system.domain}`);
  return {
    address: formatIpv4(lan.address.address),
    http: web.http,
    https: web.https,
    front: FRONT_PORTS,
    tls,
    hostNames: [...names, 'admin', system.name, 'localhost'],
    apiSocket,
  };
}

export function leasePool({ dhcp, lan }: Config): AddressRange {
  return dhcp.pool ?? defaultPool(lan.address);
}

/** In `lan-only` the box is an ordinary host: clients are told the configured router and resolver, not the box. */
export function dhcpOptions(config: Config): Dhcp4ServerOptions {
  const { dhcp, lan, mode, system } = config;
  const own = lan.address.address;
  // Clients ask on port 53 and without TLS: the first upstream that answers that way.
  const resolver = dnsUpstreams(config).find(({ endpoint }) => endpoint.port === SERVICE_PORTS.dns.port)
    ?.endpoint.address;
  const alone = mode === 'lan-only';
  return {
    server: lan.address,
    pool: leasePool(config),
    exclude: dhcp.exclude,
    reservations: dhcp.reservations.map(({ mac, clientId, hostName, address, name }) => ({
      mac: mac ?? undefined,
      client: (clientId ?? undefined) as ClientKey | undefined,
      hostName: hostName === null ? undefined : hostLabel(hostName),
      address,
      name: name ?? undefined,
    })),
    leaseTime: dhcp.leaseTime,
    routers: alone ? optional(lan.gateway ?? undefined) : [own],
    dnsServers: alone ? optional(resolver !== undefined && isIpv4(resolver) ? resolver : undefined) : [own],
    // Whoever is told a time server stops looking for another one, and the box has none yet.
    timeServers: [],
    domain: system.domain,
    custom: new Map(
      dhcp.options.map(({ code, type, value }) => [
        code,
        encodeOptionValue(type ?? usualOptionType(code), value),
      ]),
    ),
  };
}

function optional<T>(value: T | undefined): readonly T[] {
  return value === undefined ? [] : [value];
}

/** The configured name servers that can be asked: those over TLS cannot, and nobody else is asked in their place. */
export function dnsUpstreams({ dns }: Config): readonly Upstream[] {
  return dns.upstreams.filter((upstream) => upstream.transport !== 'tls');
}

/** Names that only the device with the reserved address may have. */
export function reservedNames({ dhcp, system }: Config): readonly ReservedName[] {
  const domain = parseDomainName(system.domain);
  return dhcp.reservations.flatMap(({ name, address }) => {
    const whole = name === null ? undefined : joinNames(parseDomainName(name), domain);
    return whole === undefined ? [] : [{ name: whole, address }];
  });
}

export function dnsOptions(config: Config, upstreams: readonly Upstream[]): DnsOptions {
  const { dns, lan, system, mail } = config;
  const domain = parseDomainName(system.domain);
  return {
    listen: [{ address: lan.address.address, port: SERVICE_PORTS.dns.port }],
    isClient: (address) =>
      isIpv4(address) && (contains4(lan.address, address) || contains4(LOOPBACK_NETWORK4, address)),
    upstreams,
    zone: {
      domain,
      hostName: system.name,
      lan: [lan.address],
      lan6: [],
      mailHost: mail.enabled ? parseDomainName(mailHostName(config)) : undefined,
      mailClients: mail.enabled ? clientServers(config) : undefined,
      records: dns.records.map(({ name, type, value, ttl }) =>
        makeRecord(parseOwner(name, domain), inSeconds(ttl), parseRecordData(type, value, domain)),
      ),
    },
    forward: dns.forward,
    cacheEntries: dns.cacheEntries,
    rebindProtection: dns.rebindProtection,
    rebindAllow: dns.rebindAllow.map(parseDomainName),
  };
}
