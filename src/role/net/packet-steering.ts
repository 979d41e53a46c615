import { KernelError } from '../../base/errors.ts';
import { placeInterrupts, spreadReceiving } from '../../io/linux/packet-steering.ts';
import type { Log } from '../../port/log.ts';

/** Spreads the work of the network ports over the processors, again whenever a port comes (back). */
export class PacketSteering {
  readonly #processors: number;
  readonly #log: Log;
  #ports: readonly string[] = [];

  constructor(processors: number, log: Log) {
    this.#processors = processors;
    this.#log = log;
  }

  /** The ports that are there now. Those that were there before keep what they have. */
  follow(ports: readonly string[]): void {
    const before = this.#ports;
    this.#ports = ports;
    if (this.#processors < 2) return;
    for (const [at, port] of ports.entries()) if (!before.includes(port)) this.#steer(port, at);
  }

  #steer(port: string, at: number): void {
    for (const step of [
      () => spreadReceiving(port, this.#processors),
      // Not every controller of interrupts can give them to another processor; the box works without.
      () => placeInterrupts(port, at % this.#processors),
    ]) {
      try {
        step();
      } catch (error) {
        if (!(error instanceof KernelError)) throw error;
        this.#log.info(error.message);
      }
    }
  }
}
