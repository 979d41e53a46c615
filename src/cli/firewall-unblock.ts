import { type Command, printEither } from './command.ts';

export const firewallUnblockCommand: Command = {
  name: 'firewall unblock',
  usage: 'firewall unblock DEVICE [--json]',
  summary: 'gives a blocked LAN device its way beyond the LAN back',
  words: [1, 1],
  options: { json: false },
  async run(context) {
    const [device = ''] = context.words;
    const changes = await context.api.send<readonly string[]>('POST', '/api/firewall/unblock', { device });
    printEither(context, changes, (lines) => (lines.length === 0 ? 'nothing to change' : lines.join('\n')));
  },
};
