import { join } from 'node:path';
import process from 'node:process';
import { ADDRESSES, NAMES } from './addresses.ts';
import type { Namespace } from './namespace.ts';
import type { Program } from './program.ts';

/** Mail that keeps arriving for alice, and the record of what the box has promised to keep. */
export class MailLoad {
  readonly #program: Program;

  private constructor(program: Program) {
    this.#program = program;
  }

  /** Starts sending from `world` and returns once the first message is acknowledged. */
  static async start(world: Namespace, prefix: string): Promise<MailLoad> {
    const program = join(import.meta.dirname, 'mail-sender.ts');
    const argv = [process.execPath, program, ADDRESSES.boxWan, `alice@${NAMES.office}`, prefix];
    const load = new MailLoad(world.start(`mail-sender-${prefix}`, argv));
    await load.more();
    return load;
  }

  /** IDs of the messages answered with 250 so far. */
  get acknowledged(): string[] {
    return [...this.#program.log.text().matchAll(/^acknowledged (\S+)$/gm)].map((match) => match[1] ?? '');
  }

  /** Waits for the next acknowledgement. */
  async more(): Promise<void> {
    await this.#program.log.line(/^acknowledged /m, { from: this.#program.log.end() });
  }

  stop(): Promise<unknown> {
    return this.#program.stop();
  }
}
