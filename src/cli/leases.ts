import { counted } from '../base/counted.ts';
import { formatMoment } from '../base/time-text.ts';
import type { LeaseStatus } from '../port/box.ts';
import { type Command, printEither } from './command.ts';
import type { Screen } from './screen.ts';
import { formatTable } from './table.ts';

/** Whether the lease is what the owner looks for: part of any of its texts, in capitals or not. */
function fits(lease: LeaseStatus, text: string): boolean {
  const { address, mac, name, state, clientId, vendor } = lease;
  const wanted = text.toLowerCase();
  return [address, mac, name, state, clientId, vendor].some(
    (one) => one !== null && one.toLowerCase().includes(wanted),
  );
}

function stateText({ state, reserved }: LeaseStatus): string {
  return reserved && state !== 'reserved' ? `${state}, reserved` : state;
}

/** What the client identifies itself by, where that is more than its MAC address with the hardware type before it. */
function clientText({ clientId, mac }: LeaseStatus): string {
  return clientId === null || clientId === `01${mac.replaceAll(':', '')}` ? '-' : clientId;
}

function leasesText(leases: readonly LeaseStatus[], screen: Screen): string {
  const moment = (time: string | null): string => (time === null ? '-' : formatMoment(time, screen.now));
  const rows = [
    ['ADDRESS', 'MAC', 'NAME', 'STATE', 'SINCE', 'EXPIRES', 'CLIENT ID'],
    ...leases.map((lease) => [
      lease.address,
      lease.mac === '' ? '-' : lease.mac,
      lease.name ?? '-',
      stateText(lease),
      moment(lease.since),
      moment(lease.expires),
      clientText(lease),
    ]),
  ];
  const problems = leases.flatMap(({ address, nameProblem }) =>
    nameProblem === null ? [] : [`${address} has no name: ${nameProblem}`],
  );
  return [formatTable(rows, screen), ...problems].join('\n');
}

export const leasesCommand: Command = {
  name: 'leases',
  usage: 'leases [--find TEXT] [--json]',
  summary: 'addresses given to LAN devices, or kept for them',
  words: [0, 0],
  options: { find: true, json: false },
  async run(context) {
    const leases = await context.api.get<readonly LeaseStatus[]>('/api/leases');
    const text = context.flags.get('find');
    const found = typeof text === 'string' ? leases.filter((lease) => fits(lease, text)) : leases;
    printEither(context, found, (some, screen) => {
      if (some.length > 0) return leasesText(some, screen);
      if (leases.length > 0)
        return `Nothing fits; without --find there ${leases.length === 1 ? 'is' : 'are'} ${counted(leases.length, 'address', 'addresses')}.`;
      return 'No address is given to a device or kept for one.';
    });
  },
};
