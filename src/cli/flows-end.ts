import { counted } from '../base/counted.ts';
import { UserError } from '../base/errors.ts';
import { type Command, printEither } from './command.ts';
import { FLOW_OPTIONS, FLOW_USAGE, flowFilter } from './flow-filter.ts';

export const flowsEndCommand: Command = {
  name: 'flows end',
  usage: `flows end ${FLOW_USAGE} [--json]`,
  summary: 'ends connections; what is still wanted begins anew under the rules of now',
  words: [0, 0],
  options: { ...FLOW_OPTIONS, json: false },
  async run(context) {
    const filter = flowFilter(context);
    if (Object.values(filter).every((value) => value === undefined)) {
      throw new UserError(
        'Cannot end every connection at once: wanted is --address, --port or --protocol, or several of them',
      );
    }
    const answer = await context.api.send<{ readonly ended: number }>('POST', '/api/flows/end', filter);
    printEither(context, answer, ({ ended }) => `${counted(ended, 'connection')} ended`);
  },
};
