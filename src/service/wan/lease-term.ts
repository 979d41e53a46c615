import { type Duration, Milliseconds } from '../../base/duration.ts';
import { messageOf } from '../../base/errors.ts';
import { after, between, type Timestamp } from '../../base/instant.ts';
import { formatIpv4, type Ipv4 } from '../../base/ipv4.ts';
import { fromUtf8, utf8 } from '../../base/text.ts';
import type { Lease } from '../../engine/dhcp4-client/state.ts';
import type { WanPorts } from './wan-state.ts';

const FILE = 'wan-lease-term.json';

interface Term {
  readonly address: string;
  /** Civil time: the monotonic clock of a program begins with it. */
  readonly noted: Timestamp;
  readonly until: Timestamp;
}

/**
 * Until when the lease runs, noted in memory with every renewal: a restarted program whose server is silent keeps the address
 * as long as it may, and not a day longer. Without the note, and after a jump of the clock backwards, it knows
 * nothing.
 */
export class LeaseTerm {
  readonly #ports: Pick<WanPorts, 'clock' | 'log' | 'runtime'>;
  #queue: Promise<void> = Promise.resolve();

  constructor(ports: Pick<WanPorts, 'clock' | 'log' | 'runtime'>) {
    this.#ports = ports;
  }

  /** What is left of the lease of this address; undefined if nothing is known. */
  async remaining(address: Ipv4): Promise<Duration | undefined> {
    const { runtime, clock } = this.#ports;
    try {
      const bytes = await runtime?.read(FILE);
      const term = bytes === undefined ? undefined : parseTerm(fromUtf8(bytes));
      const now = clock.wallTime();
      if (term?.address !== formatIpv4(address) || now < term.noted) return undefined;
      return Milliseconds(Math.max(0, between(now, term.until)));
    } catch {
      return undefined;
    }
  }

  note({ binding, expiresAt }: Lease): void {
    const { runtime, clock, log } = this.#ports;
    if (runtime === undefined || expiresAt === Infinity) return;
    const noted = clock.wallTime();
    const until = after(noted, between(clock.now(), expiresAt));
    const term: Term = { address: formatIpv4(binding.address.address), noted, until };
    this.#queue = this.#queue
      .then(() => runtime.replace(FILE, utf8(`${JSON.stringify(term)}\n`)))
      .catch((error: unknown) => log.info(`The end of the lease is not noted: ${messageOf(error)}`));
  }

  /** Resolves when everything noted so far is written, or cannot be. */
  settled(): Promise<void> {
    return this.#queue;
  }
}

function parseTerm(text: string): Term | undefined {
  const value = JSON.parse(text) as Partial<Term> | null;
  const { address, noted, until } = value ?? {};
  return typeof address === 'string' && typeof noted === 'number' && typeof until === 'number'
    ? { address, noted, until }
    : undefined;
}
