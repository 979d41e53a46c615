import { type Duration, Milliseconds, Seconds } from '../../base/duration.ts';
import { after } from '../../base/instant.ts';
import type { Cancel } from '../../port/clock.ts';
import { type ProbeTarget, probeGateway } from './gateway-probe.ts';
import type { GatewayHealth, WanPorts } from './wan-state.ts';

/** Time for the kernel to have the new address before the first check. */
const FIRST_CHECK_AFTER: Duration = Milliseconds(500);
export const CHECK_EVERY: Duration = Seconds(30);
/** After a miss it is checked sooner. */
const RECHECK_AFTER: Duration = Seconds(5);
/** So many misses in a row, and the gateway counts as unreachable. */
const MISSES_TO_FAIL = 3;

/** Asks the gateway now and then whether it is still there. */
export class GatewayMonitor {
  readonly #ports: Pick<WanPorts, 'clock' | 'icmp' | 'packets'>;
  readonly #onChange: () => void;
  #target: ProbeTarget | undefined;
  #answered = false;
  #misses = 0;
  #timer: Cancel | undefined;

  constructor(ports: Pick<WanPorts, 'clock' | 'icmp' | 'packets'>, onChange: () => void) {
    this.#ports = ports;
    this.#onChange = onChange;
  }

  get health(): GatewayHealth {
    const failed = this.#misses >= MISSES_TO_FAIL;
    const state = failed ? 'unreachable' : this.#answered ? 'reachable' : 'unknown';
    return { gateway: this.#target?.gateway, state, misses: this.#misses };
  }

  /** Watches this gateway from now on; none with undefined. The same target again changes nothing. */
  watch(target: ProbeTarget | undefined): void {
    if (isSameTarget(this.#target, target)) return;
    this.#timer?.cancel();
    this.#target = target;
    this.#answered = false;
    this.#misses = 0;
    if (target !== undefined) this.#checkAfter(FIRST_CHECK_AFTER, target);
  }

  #checkAfter(wait: Duration, target: ProbeTarget): void {
    const { clock } = this.#ports;
    this.#timer = clock.wake(after(clock.now(), wait), () => void this.#check(target));
  }

  async #check(target: ProbeTarget): Promise<void> {
    const answered = await probeGateway(target, this.#ports);
    if (this.#target !== target) return;
    const before = this.health.state;
    this.#misses = answered ? 0 : this.#misses + 1;
    if (answered) this.#answered = true;
    this.#checkAfter(answered ? CHECK_EVERY : RECHECK_AFTER, target);
    if (this.health.state !== before) this.#onChange();
  }
}

function isSameTarget(a: ProbeTarget | undefined, b: ProbeTarget | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  return a.device === b.device && a.gateway === b.gateway && a.source === b.source && a.mac === b.mac;
}
