import { Seconds } from '../../base/duration.ts';
import { type Instant, after } from '../../base/instant.ts';
import type { Cancel, Clock } from '../../port/clock.ts';
import type { KernelMessage, NetlinkSession } from '../../port/netlink-session.ts';
import { RTNLGRP } from '../../wire/rtnetlink/constants.ts';
import { type Neighbour, neighbourOf } from './neighbours.ts';

/** Against a device that takes one address after the other: what is told of neighbours is told no oftener than this. */
const TELL_INTERVAL = Seconds(1);

export interface NeighbourWatchParts {
  /** Opens a session (NETLINK.ROUTE) for this alone: a flood of neighbours must cost nothing else its events. @throws KernelError */
  readonly open: () => NetlinkSession;
  readonly clock: Clock;
  /** Whether anything follows from this machine having this address. */
  readonly concerns: (neighbour: Neighbour) => boolean;
  /** Something of concern was learnt, or may have been missed. */
  readonly onChange: () => void;
}

/** Hears from the kernel who answers for which address, as soon as it knows. Who does not need it listens to nothing. */
export class NeighbourWatch {
  readonly #parts: NeighbourWatchParts;
  #session: NetlinkSession | undefined;
  #next: Cancel | undefined;
  #told: Instant | undefined;

  constructor(parts: NeighbourWatchParts) {
    this.#parts = parts;
  }

  /** Listens from now on; the same again changes nothing. @throws KernelError */
  start(): void {
    if (this.#session !== undefined) return;
    this.#session = this.#parts.open();
    this.#session.listen({ onMessage: (message) => this.#receive(message), onResync: () => this.#tell() });
    this.#session.join(RTNLGRP.NEIGH);
  }

  stop(): void {
    this.#session?.close();
    this.#session = undefined;
    this.#next?.cancel();
    this.#next = undefined;
  }

  #receive(message: KernelMessage): void {
    const neighbour = neighbourOf(message);
    if (neighbour !== undefined && this.#parts.concerns(neighbour)) this.#tell();
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
