import { KernelError } from '../../base/errors.ts';
import type { KernelRequest } from '../../port/netlink-session.ts';
import type { Acknowledgement } from '../../wire/netlink/acknowledgement.ts';

/** The kernel refused one message of a request; `detail` of the sentence is its own extended-ack text. */
export class NetlinkError extends KernelError {
  /** Which message of the transaction, from 0. */
  readonly index: number;
  /** Byte of that message, counted from its header, that the kernel objects to. */
  readonly offset: number | undefined;
  /** The kernel's own sentence; empty if it has none. */
  readonly text: string;

  constructor(
    messages: readonly KernelRequest[],
    index: number,
    refusal: Acknowledgement & { readonly errno: string },
  ) {
    const message = messages[index];
    const place = messages.length === 1 ? '' : ` (message ${index + 1} of ${messages.length})`;
    const purpose = message?.purpose ?? `carry out netlink request ${message?.type ?? 'of unknown type'}`;
    super(`${purpose}${place}`, refusal.errno, refusal.text);
    this.index = index;
    this.offset = refusal.offset;
    this.text = refusal.text;
  }
}
