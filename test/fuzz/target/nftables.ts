import { canonicalLines } from '../../../src/engine/firewall/canonical.ts';
import { decodeMessages } from '../../../src/wire/netlink/message.ts';
import { decodeNft, encodeNft } from '../../../src/wire/nftables/message.ts';
import { commentOf } from '../../../src/wire/nftables/user-data.ts';
import type { FuzzTarget } from '../fuzz-target.ts';
import { repairNetlink } from '../repair.ts';

/** Rulesets as the kernel lists them, up to the lines by which they are compared. */
export const nftablesTarget: FuzzTarget = {
  name: 'nftables',
  open: () => (input) => {
    const messages = decodeMessages(repairNetlink(input))
      .map(decodeNft)
      .filter((message) => message !== undefined);
    for (const message of messages) encodeNft(message);
    canonicalLines(messages);
    return messages
      .map(({ kind, body }) => {
        const comment = 'userData' in body ? commentOf(body.userData) : undefined;
        const expressions = kind === 'rule' ? (body.expressions ?? []).map((one) => one.kind).join(' ') : '';
        return `${kind} ${Object.keys(body).join(',')} ${expressions} ${comment !== undefined}`;
      })
      .join(';');
  },
};
