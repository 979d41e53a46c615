import type { ExplainAnswer } from '../port/gate-status.ts';
import { type Command, printEither } from './command.ts';

function answerText({ text, decidedBy, way, steps }: ExplainAnswer): string {
  const met = steps.length === 0 ? ['  none'] : steps.map((step) => `  ${step}`);
  return [text, `Decided by: ${decidedBy}`, `Way: ${way}`, 'Rules it meets:', ...met].join('\n');
}

export const firewallExplainCommand: Command = {
  name: 'firewall explain',
  usage: 'firewall explain FROM TO PROTO/PORT [--json]',
  summary:
    'what would happen to a connection, and why; FROM and TO are addresses, names of LAN devices, lan, internet or box',
  words: [3, 3],
  options: { json: false },
  async run(context) {
    const [from = '', to = '', what = ''] = context.words;
    const query = new URLSearchParams({ from, to, what });
    const answer = await context.api.get<ExplainAnswer>(`/api/firewall/explain?${query.toString()}`);
    printEither(context, answer, answerText);
  },
};
