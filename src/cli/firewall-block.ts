import { type Command, printEither } from './command.ts';

export const firewallBlockCommand: Command = {
  name: 'firewall block',
  usage: 'firewall block DEVICE [--json]',
  summary: 'takes a LAN device its way beyond the LAN, at once and for running connections too',
  words: [1, 1],
  options: { json: false },
  async run(context) {
    const [device = ''] = context.words;
    const changes = await context.api.send<readonly string[]>('POST', '/api/firewall/block', { device });
    printEither(context, changes, (lines) => (lines.length === 0 ? 'nothing to change' : lines.join('\n')));
  },
};
