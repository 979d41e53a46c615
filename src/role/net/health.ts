import { formatAddress } from '../../base/address.ts';
import { KernelError } from '../../base/errors.ts';
import type { Timestamp } from '../../base/instant.ts';
import { formatIpv4 } from '../../base/ipv4.ts';
import type { Config } from '../../config/schema.ts';
import { assessHealth } from '../../engine/health/assess.ts';
import type { HealthFacts, UpstreamFacts, WanFacts, WarningFacts } from '../../engine/health/facts.ts';
import type { HealthReport } from '../../port/health-report.ts';
import type { LanStatus, ServiceStatus, WanStatus } from '../../port/box.ts';
import { isUsableHash } from '../../service/accounts.ts';
import type { Peers } from './peers.ts';
import type { NetServices } from './services.ts';
import { mailboxStatus } from './status.ts';
import { wanConflict } from './wan-conflict.ts';

export interface HealthParts {
  readonly services: NetServices;
  readonly peers: Peers;
  readonly wan: WanStatus;
  readonly lan: LanStatus;
  /** By the civil clock. */
  readonly time: Timestamp;
}

/** Problems that are said of the service itself, not among the notices. */
const OF_SERVICES = ['firewall', 'dns', 'dhcp', 'links'];

/** The services of the network role: where each answers, or why it does not. */
export function ownServices({ config, dhcp, dns, notices }: NetServices): ServiceStatus[] {
  const { problems } = notices;
  const where = formatIpv4(config.lan.address.address);
  const listening = (name: string, isThere: boolean, port: number): ServiceStatus => ({
    name,
    ok: isThere,
    detail: isThere ? `${where} port ${port}` : (problems.get(name) ?? 'not started'),
  });
  return [
    {
      name: 'firewall',
      ok: !problems.has('firewall'),
      detail: problems.get('firewall') ?? `mode ${config.mode}`,
    },
    listening('dns', dns !== undefined, 53),
    ...(config.dhcp.enabled ? [listening('dhcp', dhcp !== undefined, 67)] : []),
  ];
}

/** The tree of checks as of now. */
export async function readHealth(parts: HealthParts): Promise<HealthReport> {
  const { services, peers, lan } = parts;
  const { config } = services;
  const [snapshot, connections] = await Promise.all([services.links?.snapshot(), connectionCount(services)]);
  const own = ownServices(services);
  const isLan = ({ name }: ServiceStatus): boolean => name === 'dhcp' || name === 'dns';
  return assessHealth({
    wan: wanFacts(parts),
    upstreams: config.dns.forward && config.mode !== 'lan-only' ? upstreamFacts(services) : null,
    lan: {
      status: lan,
      addressConfigured: (snapshot?.addresses ?? []).some(
        ({ address }) => address === config.lan.address.address,
      ),
      services: own.filter(isLan),
    },
    roles: peers.roles,
    services: [...own.filter((service) => !isLan(service)), ...peers.services],
    mail: config.mail.enabled
      ? { problem: peers.storageProblem, storage: peers.storage, troubles: peers.mailTroubles }
      : null,
    mailboxes: mailboxStatus(config, peers.mailboxes),
    warnings: warnings(services),
    time: parts.time,
    firewallReduced: services.rules.firewall.reduced,
    connections,
  });
}

function wanFacts({ services, wan }: HealthParts): WanFacts | null {
  const state = services.wanState();
  if (state === undefined) return null;
  const { address, conflict, gateway, storeProblem, internet, trouble } = state;
  return {
    status: wan,
    gateway: gateway.state,
    leaseProblem: storeProblem ?? null,
    problem: services.notices.problems.get('links') ?? null,
    internet,
    trouble: trouble ?? null,
    unused: (address && wanConflict(services.config, address)) ?? null,
    conflict: conflict === undefined ? null : { address: formatIpv4(conflict.address), mac: conflict.mac },
  };
}

/** What cannot be read is not a reason to have no report. */
async function connectionCount({ rules }: NetServices): Promise<HealthFacts['connections']> {
  try {
    const { entries, limit } = await rules.conntrack.count();
    return { known: entries, limit };
  } catch (error) {
    if (error instanceof KernelError) return null;
    throw error;
  }
}

function upstreamFacts({ config, dns }: NetServices): UpstreamFacts[] {
  const asked = (dns?.upstreams() ?? []).map(({ upstream, isDown }) => ({
    name: `${upstream.transport}://${formatAddress(upstream.endpoint.address)}`,
    answers: !isDown,
  }));
  const overTls = config.dns.upstreams.filter(({ transport }) => transport === 'tls');
  return asked.length > 0
    ? asked
    : overTls.map(({ endpoint }) => ({ name: `tls://${formatAddress(endpoint.address)}`, answers: false }));
}

function warnings({ config, notices }: NetServices): WarningFacts[] {
  const problems = [...notices.problems]
    .filter(([name]) => !OF_SERVICES.includes(name))
    .map(([name, reason]) => ({ name, reason }));
  return [...problems, ...notices.warnings(), ...overTls(config), ...lockedOut(config)];
}

function overTls({ dns }: Config): WarningFacts[] {
  return dns.upstreams.flatMap(({ transport, endpoint }) => {
    const reason = `${formatAddress(endpoint.address)} is not asked: name servers over TLS are not offered`;
    return transport === 'tls' ? [{ name: 'dns.upstreams', reason }] : [];
  });
}

function lockedOut({ users }: Config): WarningFacts[] {
  return users.flatMap(({ name, password }) => {
    const reason = `${name} cannot log in: the password hash is none; "gatepost user passwd ${name}" sets one`;
    return isUsableHash(password) ? [] : [{ name: 'users', reason }];
  });
}
