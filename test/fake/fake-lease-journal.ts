import { Milliseconds } from '../../src/base/duration.ts';
import { KernelError } from '../../src/base/errors.ts';
import { Timestamp, after } from '../../src/base/instant.ts';
import type { Ipv4 } from '../../src/base/ipv4.ts';
import type { Clock } from '../../src/port/clock.ts';
import type { LeaseBinding, LeaseJournal, RecordedLeases } from '../../src/port/lease-journal.ts';

/** A journal that takes a while for each change, and loses those under way at a power cut. */
export class FakeLeaseJournal implements LeaseJournal {
  /** While set, nothing can be recorded. */
  full = false;
  readonly #clock: Clock;
  readonly #bindings = new Map<Ipv4, LeaseBinding>();
  readonly #declined = new Map<Ipv4, Timestamp>();
  #life = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  powerCut(): void {
    this.#life++;
  }

  load(): RecordedLeases {
    const declined = [...this.#declined].map(([address, until]) => ({ address, until }));
    return { bindings: [...this.#bindings.values()], declined };
  }

  bind(binding: LeaseBinding): Promise<void> {
    return this.#write(() => {
      this.#declined.delete(binding.address);
      this.#bindings.set(binding.address, binding);
    });
  }

  end(address: Ipv4): Promise<void> {
    return this.#write(() => {
      const binding = this.#bindings.get(address);
      if (binding !== undefined) this.#bindings.set(address, { ...binding, expires: Timestamp(0) });
    });
  }

  decline(address: Ipv4, until: Timestamp): Promise<void> {
    return this.#write(() => {
      this.#bindings.delete(address);
      this.#declined.set(address, until);
    });
  }

  #write(change: () => void): Promise<void> {
    if (this.full) return Promise.reject(new KernelError('record a lease', 'ENOSPC', 'the storage is full'));
    const life = this.#life;
    return new Promise((resolve) => {
      this.#clock.wake(after(this.#clock.now(), Milliseconds(5)), () => {
        if (life !== this.#life) return;
        change();
        resolve();
      });
    });
  }
}
