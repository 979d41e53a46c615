import { formatAddress } from '../../../src/base/address.ts';
import { flowStatus } from '../../../src/engine/conntrack/flow-status.ts';
import { flowOf } from '../../../src/engine/conntrack/flow.ts';
import { deleteRequest, dumpsFor } from '../../../src/engine/conntrack/requests.ts';
import { selector } from '../../../src/engine/conntrack/selection.ts';
import { decodeConntrack, encodeConntrack } from '../../../src/wire/conntrack/message.ts';
import { decodeMessages } from '../../../src/wire/netlink/message.ts';
import type { FuzzTarget } from '../fuzz-target.ts';
import { repairNetlink } from '../repair.ts';

/** Lists and events of ctnetlink, up to what the owner reads and what would be sent to end the connection. */
export const conntrackTarget: FuzzTarget = {
  name: 'conntrack',
  open: () => (input) =>
    decodeMessages(repairNetlink(input))
      .map((packet) => {
        const message = decodeConntrack(packet);
        if (message === undefined) return 'other';
        encodeConntrack(message);
        const flow = message.kind === 'statistics' ? undefined : flowOf(message.body);
        if (flow === undefined) return `${message.kind} ${Object.keys(message.body).join(',')}`;
        const { protocol, state } = flowStatus(flow, formatAddress);
        deleteRequest(flow);
        for (const dump of dumpsFor({ addresses: [flow.source.address] })) dump.counts(flow);
        const isChosen = selector({ addresses: [flow.destination.address], port: 53 })(flow);
        return `${message.kind} ${protocol} ${state} ${isChosen}`;
      })
      .join(';'),
};
