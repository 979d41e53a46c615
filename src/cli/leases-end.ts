import type { Command } from './command.ts';

export const leasesEndCommand: Command = {
  name: 'leases end',
  usage: 'leases end ADDRESS',
  summary: 'ends a lease before its time; the device learns it when it comes to renew it',
  words: [1, 1],
  options: {},
  async run(context) {
    const [address = ''] = context.words;
    await context.api.send('POST', '/api/leases/end', { address });
    context.print(`the lease of ${address} has ended`);
  },
};
