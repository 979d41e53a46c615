import type { Cancel } from './clock.ts';

/** A message to the kernel without the header fields that the session fills in. */
export interface KernelRequest {
  readonly type: number;
  /** NLM_F bits beyond REQUEST, ACK and DUMP, which the session sets: CREATE, EXCL, REPLACE, APPEND, ECHO. */
  readonly flags: number;
  readonly payload: Uint8Array;
  /** What it is for, as the middle of an error sentence: `add the address 192.0.2.1/24 to lan0`. */
  readonly purpose?: string | undefined;
}

/** A message of the kernel: a reply, or an event of a multicast group. */
export interface KernelMessage {
  readonly type: number;
  readonly flags: number;
  readonly payload: Uint8Array;
}

export interface RequestOptions {
  /** A whole table. */
  readonly dump?: boolean;
  /** Takes the replies one by one; none is kept, and the promise gives none: for tables too large for the memory. */
  readonly stream?: ReplyStream;
}

export interface ReplyStream {
  onReply(reply: KernelMessage): void;
  /** The kernel broke off and is asked again: all replies come once more, those that came are void. */
  onRestart(): void;
}

export interface NetlinkListener {
  /** Something changed, by us or by others; all events our own acknowledged request caused come before its promise settles. */
  onMessage(message: KernelMessage): void;
  /** Events were lost: what the listener knows may be outdated, it has to look at everything again. */
  onResync(): void;
}

/** A dialogue with one subsystem of the kernel. Any number of calls may be under way at the same time. */
export interface NetlinkSession {
  /**
   * Asks (GET requests) and gives the replies in order, `dump` for a whole table.
   * @throws NetlinkError when the kernel refuses, KernelError `ENOBUFS` when the answer was lost
   */
  request(message: KernelRequest, options?: RequestOptions): Promise<readonly KernelMessage[]>;
  /**
   * Changes: sends all messages as one datagram and settles when the kernel has carried out all or refused.
   * Atomic only where the subsystem says so (nftables between NFNL_MSG_BATCH_BEGIN and END); in rtnetlink the
   * messages after a refused one are carried out all the same.
   * @throws NetlinkError for the first refused message, KernelError `ENOBUFS` when the answer was lost and the
   * caller has to look what became of it
   */
  transaction(messages: readonly KernelRequest[]): Promise<void>;
  /** Joins a multicast group (RTNLGRP_*, NFNLGRP_*) for as long as the session lasts. @throws KernelError */
  join(group: number): void;
  listen(listener: NetlinkListener): Cancel;
  /** Ends the session; what is under way is rejected. */
  close(): void;
}
