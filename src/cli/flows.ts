import { Seconds } from '../base/duration.ts';
import { formatBytes } from '../base/size.ts';
import { formatSpan } from '../base/time-text.ts';
import type { FlowListing } from '../port/gate-status.ts';
import type { Command } from './command.ts';
import { FLOW_OPTIONS, FLOW_USAGE, flowFilter } from './flow-filter.ts';
import type { Screen } from './screen.ts';
import { formatTable } from './table.ts';

/** Two ends of one direction; the second is what the other direction sees where addresses are translated. */
function endText(end: string, asSeen: string): string {
  return end === asSeen ? end : `${end} (${asSeen})`;
}

function flowsText({ flows, total }: FlowListing, screen: Screen): string {
  if (flows.length === 0) return 'There are no such connections.';
  const rows = [
    ['PROTOCOL', 'STATE', 'FROM', 'TO', 'DEVICE', 'SENT', 'RECEIVED', 'ENDS IN'],
    ...flows.map((flow) => [
      flow.protocol,
      flow.state ?? '-',
      endText(flow.source, flow.replyDestination),
      endText(flow.destination, flow.replySource),
      flow.device ?? '-',
      formatBytes(flow.sent.bytes),
      formatBytes(flow.received.bytes),
      formatSpan(Seconds(flow.timeoutSeconds)),
    ]),
  ];
  const table = formatTable(rows, screen);
  if (total <= flows.length) return table;
  return `${table}\nshowing ${flows.length} of ${total}; --address, --port and --protocol choose`;
}

export const flowsCommand: Command = {
  name: 'flows',
  usage: `flows ${FLOW_USAGE} [--json]`,
  summary: 'connections now; in brackets the translated ends, the first 2000 that fit',
  words: [0, 0],
  options: { ...FLOW_OPTIONS, json: false },
  async run(context) {
    const query = new URLSearchParams();
    for (const [name, value] of Object.entries(flowFilter(context)))
      if (value !== undefined) query.set(name, String(value));
    const listing = await context.api.get<FlowListing>(`/api/flows?${query.toString()}`);
    if (context.flags.has('json')) context.print(JSON.stringify(listing.flows, null, 2));
    else context.print(flowsText(listing, context.screen));
  },
};
