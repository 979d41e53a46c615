import type { HealthReport, RoleStatus, ServiceStatus } from '../../port/box.ts';
import {
  type Check,
  failed,
  type Finding,
  groupOf,
  nodeOf,
  ok,
  reportOf,
  unknown,
  warning,
} from './check.ts';
import type { HealthFacts, LanFacts, UpstreamFacts, WanFacts } from './facts.ts';

/** The tree of checks, from what the services know: what is asked first stands first, what depends on it below it. */
export function assessHealth(facts: HealthFacts): HealthReport {
  const groups = [
    groupOf('wan', facts.wan === null ? [] : [nodeOf(wanCheck(facts.wan, facts.upstreams))]),
    groupOf('lan', [nodeOf(lanCheck(facts.lan))]),
    groupOf('roles', facts.roles.map(roleCheck).map(nodeOf)),
    groupOf('services', facts.services.map(serviceCheck).map(nodeOf)),
    groupOf('mail', facts.mailStore === null ? [] : [nodeOf(mailStoreCheck(facts.mailStore.problem))]),
    groupOf('notices', warningChecks(facts).map(nodeOf)),
  ];
  return reportOf(
    groupOf(
      'box',
      groups.filter((group) => group.children.length > 0),
    ),
  );
}

/** link -> address -> gateway -> name servers */
function wanCheck(wan: WanFacts, upstreams: HealthFacts['upstreams']): Check {
  const { status } = wan;
  const servers = upstreams === null ? [] : [{ name: 'name servers', finding: upstreamFinding(upstreams) }];
  const gateway: Check = { name: 'gateway', finding: gatewayFinding(wan), dependents: servers };
  const address: Check = { name: 'address', finding: addressFinding(wan), dependents: [gateway] };
  return { name: 'link', finding: linkFinding(status), dependents: [address] };
}

function linkFinding(device: { readonly device: string; readonly link: 'up' | 'down' | 'missing' }): Finding {
  switch (device.link) {
    case 'up':
      return ok(`The device ${device.device} is connected`);
    case 'down':
      return failed(
        `The device ${device.device} has no carrier: a cable is unplugged, or what it leads to is off`,
      );
    default:
      return failed(`There is no device ${device.device}`);
  }
}

function addressFinding({ status }: WanFacts): Finding {
  const { address, lease, method, state } = status;
  if (address !== null) {
    return ok(
      lease === null ? `${address}, ${method}` : `${address}, from ${lease.server} until ${lease.expires}`,
    );
  }
  if (method === 'dhcp' && (state === 'SELECTING' || state === 'INIT')) {
    return failed('No address yet: no DHCP server has answered');
  }
  return method === 'dhcp' ? unknown('An address is being asked for') : failed('No address is configured');
}

function gatewayFinding({ status, gateway }: WanFacts): Finding {
  if (status.gateway === null)
    return failed('No gateway is known: nothing beyond the own network is reachable');
  if (gateway === 'reachable') return ok(`${status.gateway} answers`);
  return gateway === 'unknown'
    ? unknown(`${status.gateway} has not been asked yet`)
    : failed(`${status.gateway} answers neither echo requests nor ARP`);
}

function upstreamFinding(upstreams: readonly UpstreamFacts[]): Finding {
  const names = (answers: boolean): string =>
    upstreams
      .filter((one) => one.answers === answers)
      .map((one) => one.name)
      .join(', ');
  const [answering, silent] = [names(true), names(false)];
  if (upstreams.length === 0) return failed('No upstream name server is configured');
  if (silent === '')
    return answering === '' ? unknown('None has been asked yet') : ok(`${answering} answers`);
  return answering === '' && upstreams.every((one) => one.answers === false)
    ? failed(`None answers: ${silent}`)
    : warning(`No answer from ${silent}`);
}

/** device -> address -> dhcp, dns */
function lanCheck({ status, addressConfigured, services }: LanFacts): Check {
  const address: Check = {
    name: 'address',
    finding: addressConfigured
      ? ok(`${status.address} on ${status.device}`)
      : failed(`${status.address} is not configured on ${status.device}`),
    dependents: services.map(serviceCheck),
  };
  return { name: 'devices', finding: lanDevicesFinding(status), dependents: [address] };
}

/** The LAN works as long as one of its devices does; with all of them down the box's own services still run. */
function lanDevicesFinding({ devices }: LanFacts['status']): Finding {
  const missing = devices.filter(({ link }) => link === 'missing').map(({ name }) => name);
  const down = devices.filter(({ link }) => link === 'down').map(({ name }) => name);
  if (missing.length === devices.length) return failed(`There is no device ${missing.join(', ')}`);
  if (missing.length > 0) return warning(`There is no device ${missing.join(', ')}`);
  if (down.length === devices.length)
    return warning(`No carrier on ${down.join(', ')}: nothing is connected`);
  return ok(devices.map(({ name, link }) => `${name} ${link}`).join(', '));
}

function roleCheck({ name, state, restarts }: RoleStatus): Check {
  const times = restarts === 0 ? '' : `, restarted ${restarts} times`;
  if (state === 'running') return { name, finding: ok(`Running${times}`) };
  if (state === 'starting') return { name, finding: unknown(`Starting${times}`) };
  return { name, finding: failed(`Has ended and waits to be started again${times}`) };
}

function serviceCheck({ name, ok: works, detail }: ServiceStatus): Check {
  return { name, finding: works ? ok(detail) : failed(detail) };
}

function mailStoreCheck(problem: string | null): Check {
  return { name: 'store', finding: problem === null ? ok('Messages are stored') : failed(problem) };
}

function warningChecks({ wan, warnings }: HealthFacts): Check[] {
  const lease = wan?.leaseProblem ?? null;
  const all = lease === null ? warnings : [{ name: 'WAN lease', reason: lease }, ...warnings];
  return all.map(({ name, reason }) => ({ name, finding: warning(reason) }));
}
