import { join } from 'node:path';
import process from 'node:process';
import type { Namespace } from './namespace.ts';
import type { Program } from './program.ts';

/** Computers that keep arriving on the LAN, and the record of what the box has promised them. */
export class DhcpLoad {
  readonly #program: Program;

  private constructor(program: Program) {
    this.#program = program;
  }

  /** Starts asking from `pc`, which gets the fixed address given; returns once the first lease is acknowledged. */
  static async start(pc: Namespace, address: string): Promise<DhcpLoad> {
    await pc.ip('addr', 'add', address, 'dev', 'eth0');
    await pc.ip('route', 'add', '255.255.255.255', 'dev', 'eth0');
    const program = join(import.meta.dirname, 'dhcp-askers.ts');
    const load = new DhcpLoad(pc.start('dhcp-askers', [process.execPath, program]));
    await load.more();
    return load;
  }

  /** Hardware address and address of each lease acknowledged so far. */
  get acknowledged(): { readonly mac: string; readonly address: string }[] {
    const lines = this.#program.log.text().matchAll(/^acknowledged (\S+) (\S+)$/gm);
    return [...lines].map(([, mac = '', address = '']) => ({ mac, address }));
  }

  /** Waits for the next acknowledgement. */
  async more(): Promise<void> {
    await this.#program.log.line(/^acknowledged /m, { from: this.#program.log.end() });
  }

  stop(): Promise<unknown> {
    return this.#program.stop();
  }
}
