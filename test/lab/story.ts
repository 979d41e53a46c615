import process from 'node:process';
import { messageOf } from '../../src/base/errors.ts';

const NAME_WIDTH = 31;
const GREEN = 32;
const RED = 31;
const DIM = 2;

/** The step that did not show what it should; what follows from it is not tried. */
export class StepFailed extends Error {
  override readonly name = 'StepFailed';
}

/** Tells on the terminal what is done and what was observed: one line per step with a tick, the fact and the time. */
export class Story {
  readonly #terminal = process.stdout.isTTY;

  /** Does one step; `work` returns the fact it observed, or throws. */
  async step(name: string, work: () => Promise<string>): Promise<void> {
    const begun = performance.now();
    if (this.#terminal) process.stdout.write(`  … ${name}`);
    try {
      const fact = await work();
      this.#line('✔', GREEN, name, `${fact}  ${this.#paint(DIM, duration(performance.now() - begun))}`);
    } catch (error) {
      this.#line('✘', RED, name, messageOf(error));
      throw new StepFailed(name, { cause: error });
    }
  }

  say(text: string): void {
    process.stdout.write(`${text}\n`);
  }

  #line(mark: string, colour: number, name: string, fact: string): void {
    const rewind = this.#terminal ? '\r\u001b[K' : '';
    const indented = fact.replaceAll('\n', `\n${' '.repeat(NAME_WIDTH + 4)}`);
    process.stdout.write(`${rewind}  ${this.#paint(colour, mark)} ${name.padEnd(NAME_WIDTH)}${indented}\n`);
  }

  #paint(code: number, text: string): string {
    return this.#terminal ? `\u001b[${code}m${text}\u001b[0m` : text;
  }
}

function duration(milliseconds: number): string {
  return milliseconds < 1000 ? `${milliseconds.toFixed(0)} ms` : `${(milliseconds / 1000).toFixed(1)} s`;
}
