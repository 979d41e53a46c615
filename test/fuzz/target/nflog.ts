import { decodePacketHeaders } from '../../../src/wire/ip/headers.ts';
import { decodeMessages } from '../../../src/wire/netlink/message.ts';
import { decodeNflog, encodeNflog } from '../../../src/wire/nflog/message.ts';
import { dropSentence } from '../../../src/service/drop-log/sentence.ts';
import type { FuzzTarget } from '../fuzz-target.ts';
import { repairNetlink } from '../repair.ts';

/** Dropped packets as the kernel tells of them, up to the sentence in the log. */
export const nflogTarget: FuzzTarget = {
  name: 'nflog',
  open: () => (input) =>
    decodeMessages(repairNetlink(input))
      .map((frame) => {
        const message = decodeNflog(frame);
        if (message === undefined) return 'other';
        encodeNflog(message);
        const names = Object.keys(message.body).join(',');
        if (message.kind !== 'packet') return `${message.kind} ${names}`;
        const headers = decodePacketHeaders(message.body.payload ?? new Uint8Array());
        const sentence = dropSentence(headers, {
          reason: message.body.prefix ?? '',
          from: 'wan0',
          to: 'lan0',
        });
        return `${names} ${headers.protocol} ${headers.transport?.kind} ${sentence.length > 400}`;
      })
      .join(';'),
};
