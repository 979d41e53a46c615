import type { LeaseStatus } from '../port/box.ts';
import { type Command, printEither } from './command.ts';
import { formatTable } from './table.ts';

export const leasesCommand: Command = {
  name: 'leases',
  usage: 'leases [--json]',
  summary: 'addresses given to LAN devices',
  words: [0, 0],
  options: { json: false },
  async run(context) {
    printEither(context, await context.api.get<readonly LeaseStatus[]>('/api/leases'), (leases) =>
      formatTable([
        ['ADDRESS', 'MAC', 'NAME', 'STATE', 'EXPIRES'],
        ...leases.map((l) => [l.address, l.mac, l.name ?? '-', l.state, l.expires ?? '-']),
      ]),
    );
  },
};
