import { counted } from '../base/counted.ts';
import { formatBytes, formatSize } from '../base/size.ts';
import { NO_TIME, formatMoment, formatSpan } from '../base/time-text.ts';
import type { BoxStatus, RoleStatus, WanStatus } from '../port/box.ts';
import { type Command, printEither } from './command.ts';
import type { Screen } from './screen.ts';
import { formatTable } from './table.ts';

function wanText(wan: WanStatus, { now }: Screen): string {
  const { device, link, method, state, address, gateway, internet } = wan;
  if (method === 'off') return `${device} ${link}, not used`;
  if (address === null) return `${device} ${link}, no address (${state})`;
  const lease = leaseText(wan, now);
  const reach = internet === undefined || internet === 'off' ? '' : `, Internet ${internet}`;
  return `${device} ${link}, ${address} by way of ${gateway ?? 'no gateway'}${lease}${reach}`;
}

function leaseText({ lease, state }: WanStatus, now: Screen['now']): string {
  if (lease === null) return '';
  const end = formatMoment(lease.expires, now);
  const ends = end === NO_TIME ? '' : ` ends ${end}`;
  return `, ${state}, lease from ${lease.server} in ${lease.tookMs} ms${ends}`;
}

function limitOf({ octets, quota }: BoxStatus['mailboxes'][number]): string {
  if (quota === null) return '';
  const share = quota === 0 ? 100 : Math.floor((octets / quota) * 100);
  return `, ${share} % of ${formatSize(quota)}`;
}

function roleText({ name, state, pid, restarts }: RoleStatus): string {
  const process = pid === null ? '' : `, process ${pid}`;
  const again = restarts === 0 ? '' : `, restarted ${counted(restarts, 'time')}`;
  return `${name} ${state}${process}${again}`;
}

function queueRows({ queue }: BoxStatus, { now }: Screen): string[][] {
  if (queue === null) return [];
  const { messages, held, oldest } = queue;
  if (messages === 0) return [['Queue', 'no mail waits to be sent']];
  const some = held === 0 ? '' : `, ${held} of them held`;
  const since = oldest === null ? '' : `, the oldest: ${formatMoment(oldest, now)}`;
  return [['Queue', `${counted(messages, 'message')} to be sent${some}${since}`]];
}

function statusText(status: BoxStatus, screen: Screen): string {
  const { name, domain, mode, version, uptimeMs, lan } = status;
  const pool = lan.pool === null ? 'DHCP off' : `DHCP ${lan.pool.first} to ${lan.pool.last}`;
  const facts = [
    ['Box', `${name}.${domain}, mode ${mode}, version ${version}, running for ${formatSpan(uptimeMs)}`],
    ['WAN', wanText(status.wan, screen)],
    ['LAN', `${lan.device}, ${lan.address}, ${pool}`],
    ...status.roles.map((role) => ['Role', roleText(role)]),
    ...status.services.map((service) => [
      'Service',
      `${service.name}: ${service.ok ? 'ok' : 'FAILED'}, ${service.detail}`,
    ]),
    ...status.mailboxes.map((box) => [
      'Mailbox',
      `${box.user}: ${counted(box.messages, 'message')}, ${formatBytes(box.octets)}${limitOf(box)}`,
    ]),
    ...queueRows(status, screen),
  ];
  return formatTable(facts, screen);
}

export const statusCommand: Command = {
  name: 'status',
  usage: 'status [--json]',
  summary: 'WAN, LAN, roles, services and mailboxes now',
  words: [0, 0],
  options: { json: false },
  async run(context) {
    printEither(context, await context.api.get<BoxStatus>('/api/status'), statusText);
  },
};
