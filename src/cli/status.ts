import { formatSize } from '../base/size.ts';
import type { BoxStatus } from '../port/box.ts';
import { type Command, printEither } from './command.ts';
import { formatTable } from './table.ts';

function wanLine({ wan }: BoxStatus): string {
  const internet = wan.internet === undefined || wan.internet === 'off' ? '' : `, Internet ${wan.internet}`;
  if (wan.address === null) return `${wan.device} ${wan.link}, ${wan.state}, no address`;
  const lease =
    wan.lease === null
      ? ''
      : `, lease from ${wan.lease.server} in ${wan.lease.tookMs} ms until ${wan.lease.expires}`;
  return `${wan.device} ${wan.link}, ${wan.state}, ${wan.address} by way of ${wan.gateway ?? 'no gateway'}${lease}${internet}`;
}

function limitOf({ octets, quota }: BoxStatus['mailboxes'][number]): string {
  if (quota === null) return '';
  const share = quota === 0 ? 100 : Math.floor((octets / quota) * 100);
  return `, ${share} % of ${formatSize(quota)}`;
}

function queueLines({ queue }: BoxStatus): string[][] {
  if (queue === null) return [];
  const since = queue.oldest === null ? '' : `, ${queue.held} held, the oldest since ${queue.oldest}`;
  return [['Queue', `${queue.messages} messages wait to be sent${since}`]];
}

function statusText(status: BoxStatus): string {
  const pool =
    status.lan.pool === null ? 'DHCP off' : `DHCP ${status.lan.pool.first} to ${status.lan.pool.last}`;
  const facts = [
    [
      'Box',
      `${status.name}.${status.domain}, mode ${status.mode}, version ${status.version}, up ${Math.round(status.uptimeMs / 1000)} s`,
    ],
    ['WAN', wanLine(status)],
    ['LAN', `${status.lan.device}, ${status.lan.address}, ${pool}`],
    ...status.roles.map((role) => [
      'Role',
      `${role.name} ${role.state}, pid ${role.pid ?? '-'}, ${role.restarts} restarts`,
    ]),
    ...status.services.map((service) => [
      'Service',
      `${service.name}: ${service.ok ? 'ok' : 'FAILED'}, ${service.detail}`,
    ]),
    ...status.mailboxes.map((box) => [
      'Mailbox',
      `${box.user}: ${box.messages} messages, ${box.octets} octets${limitOf(box)}`,
    ]),
    ...queueLines(status),
  ];
  return formatTable(facts);
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
