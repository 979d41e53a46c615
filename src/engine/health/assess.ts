import { counted } from '../../base/counted.ts';
import type { HealthReport } from '../../port/health-report.ts';
import type { RoleStatus, ServiceStatus } from '../../port/box.ts';
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
import type { HealthFacts, LanFacts } from './facts.ts';
import { mailChecks } from './mail-checks.ts';
import { noticeChecks } from './notice-checks.ts';
import { wanCheck } from './wan-check.ts';

/** The tree of checks, from what the services know: what is asked first stands first, what depends on it below it. */
export function assessHealth(facts: HealthFacts): HealthReport {
  const groups = [
    groupOf('wan', facts.wan === null ? [] : [nodeOf(wanCheck(facts.wan, facts.upstreams))]),
    groupOf('lan', [nodeOf(lanCheck(facts.lan))]),
    groupOf('roles', facts.roles.map(roleCheck).map(nodeOf)),
    groupOf('services', facts.services.map(serviceCheck).map(nodeOf)),
    groupOf('mail', facts.mail === null ? [] : mailChecks(facts.mail).map(nodeOf)),
    groupOf('notices', noticeChecks(facts).map(nodeOf)),
  ];
  return reportOf(
    groupOf(
      'box',
      groups.filter((group) => group.children.length > 0),
    ),
  );
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
  const times = restarts === 0 ? '' : `, restarted ${counted(restarts, 'time')}`;
  if (state === 'running') return { name, finding: ok(`Running${times}`) };
  if (state === 'starting') return { name, finding: unknown(`Starting${times}`) };
  return { name, finding: failed(`Has ended and waits to be started again${times}`) };
}

function serviceCheck({ name, ok: works, detail }: ServiceStatus): Check {
  return { name, finding: works ? ok(detail) : failed(detail) };
}
