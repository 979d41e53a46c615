import { type Command, printEither } from './command.ts';

export const leasesPinCommand: Command = {
  name: 'leases pin',
  usage: 'leases pin ADDRESS [NAME] [--json]',
  summary: 'keeps the address for the device that has it, under its name or another',
  words: [1, 2],
  options: { json: false },
  async run(context) {
    const [address = '', name] = context.words;
    const changes = await context.api.send<readonly string[]>('POST', '/api/leases/pin', {
      address,
      ...(name === undefined ? {} : { name }),
    });
    printEither(context, changes, (lines) => (lines.length === 0 ? 'nothing to change' : lines.join('\n')));
  },
};
