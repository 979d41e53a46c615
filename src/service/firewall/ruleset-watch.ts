import { Seconds } from '../../base/duration.ts';
import { DecodeError } from '../../base/errors.ts';
import { type Instant, after } from '../../base/instant.ts';
import { TABLE } from '../../engine/firewall/names.ts';
import type { Cancel, Clock } from '../../port/clock.ts';
import type { KernelMessage, NetlinkSession } from '../../port/netlink-session.ts';
import { NFNLGRP_NFTABLES, NFPROTO } from '../../wire/nftables/constants.ts';
import { tableOf } from '../../wire/nftables/table-of.ts';

/** Against a program that keeps changing our table: a change is told no oftener than this. */
const TELL_INTERVAL = Seconds(1);

export interface RulesetWatchParts {
  /** Opens a session (NETLINK.NETFILTER) for this alone: what others load must cost nothing else its answers. @throws KernelError */
  readonly open: () => NetlinkSession;
  readonly clock: Clock;
  /** Somebody changed something in our table: ourselves, another program, or nobody can tell. */
  readonly onChange: () => void;
}

/**
 * Hears from the kernel that our table changes. `nft flush ruleset`, which many programs begin with, takes it away with
 * all others, and without a table everything passes.
 */
export class RulesetWatch {
  readonly #parts: RulesetWatchParts;
  #session: NetlinkSession | undefined;
  #next: Cancel | undefined;
  #told: Instant | undefined;

  constructor(parts: RulesetWatchParts) {
    this.#parts = parts;
  }

  /** Listens from now on; the same again changes nothing. @throws KernelError */
  start(): void {
    if (this.#session !== undefined) return;
    this.#session = this.#parts.open();
    this.#session.listen({
      onMessage: (message) => this.#receive(message),
      onResync: () => this.#tell(),
    });
    this.#session.join(NFNLGRP_NFTABLES);
  }

  stop(): void {
    this.#session?.close();
    this.#session = undefined;
    this.#next?.cancel();
    this.#next = undefined;
  }

  #receive(message: KernelMessage): void {
    // One transaction is thousands of messages; a turn that is taken already says it all.
    if (this.#next === undefined && isOurs(message)) this.#tell();
  }

  #tell(): void {
    if (this.#next !== undefined) return;
    const { clock, onChange } = this.#parts;
    const earliest = this.#told === undefined ? clock.now() : after(this.#told, TELL_INTERVAL);
    this.#next = clock.wake(earliest, () => {
      this.#next = undefined;
      this.#told = clock.now();
      onChange();
    });
  }
}

function isOurs(message: KernelMessage): boolean {
  try {
    const table = tableOf(message);
    return table?.family === NFPROTO.INET && table.name === TABLE;
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    // What cannot be read may be about anything.
    return true;
  }
}
